//! What the process tells of itself while it works: the log on stderr, and spans for OpenTelemetry.

mod export;

use std::fmt;
use std::io;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

use super::limits::FLUSH_TIMEOUT;

/// The crates whose spans are exported: those of libraries come thousands to one of ours.
const OURS: [&str; 5] = ["daybreak", "authoring", "executor", "planner", "storage"];

/// What to tell, and where to.
#[derive(Args, Clone, Debug)]
pub struct Telling {
    /// The least level that is logged, for all or by module: `info`, or `info,kube=debug`.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
    /// How the log is written.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// Send spans to an OpenTelemetry collector, by OTLP over HTTP: `http://collector:4318`.
    #[arg(long, value_name = "URL")]
    pub otlp_endpoint: Option<http::Uri>,
}

/// What is logged.
#[derive(Clone, Debug)]
pub struct LogLevel(Targets);

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line, for collectors of logs.
    Json,
}

/// Why nothing can be told.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The certificates of the authorities can't be read.
    #[error("cannot read the certificates that a collector is known by")]
    Certificates(#[source] io::Error),
    /// Spans can't be exported.
    #[error("cannot export spans")]
    Export(#[source] opentelemetry_otlp::ExporterBuildError),
    /// Another has been set in this process.
    #[error("the log is already set")]
    Twice(#[source] SetGlobalDefaultError),
}

/// What must be sent before the process ends.
#[derive(Debug)]
#[must_use = "the last spans are sent by `finish`"]
pub struct Telemetry(Option<SdkTracerProvider>);

/// Sets the log of this process, once. Within a runtime of several threads, which sends the spans.
pub fn start(telling: &Telling) -> Result<Telemetry, TelemetryError> {
    let (subscriber, telemetry) = subscriber(telling, io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(TelemetryError::Twice)?;
    Ok(telemetry)
}

/// The subscriber for it, with the log elsewhere.
pub fn subscriber<Writer>(
    telling: &Telling,
    writer: Writer,
) -> Result<(impl Subscriber + Send + Sync, Telemetry), TelemetryError>
where
    Writer: for<'a> tracing_subscriber::fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    let provider = telling.otlp_endpoint.as_ref().map(export::provider).transpose()?;
    let spans = provider.as_ref().map(|provider| {
        let ours = Targets::new().with_targets(OURS.map(|name| (name, LevelFilter::INFO)));
        tracing_opentelemetry::layer().with_tracer(provider.tracer("daybreak")).with_filter(ours)
    });
    let log = log(telling.log_format, writer).with_filter(telling.log_level.0.clone());
    Ok((Registry::default().with(log).with(spans), Telemetry(provider)))
}

/// The layer that writes the log.
fn log<Known, Writer>(format: LogFormat, writer: Writer) -> Box<dyn Layer<Known> + Send + Sync>
where
    Known: Subscriber + for<'a> LookupSpan<'a>,
    Writer: for<'a> tracing_subscriber::fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Text => layer.with_ansi(false).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_span_list(false).boxed(),
    }
}

impl Telemetry {
    /// Sends what has not been sent.
    pub async fn finish(self) {
        let Some(provider) = self.0 else { return };
        // It blocks until the runtime has sent them.
        let sent = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_TIMEOUT)).await;
        if let Ok(Err(error)) = sent {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

impl FromStr for LogLevel {
    type Err = tracing_subscriber::filter::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
