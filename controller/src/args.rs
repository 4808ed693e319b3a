//! Arguments: the one place where flags and environment variables are read.

mod reach;

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::seat::client::Cluster;
use crate::seat::telemetry::Telling;
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use planner::duration::Span;

pub(crate) use reach::{Caller, Reach, Subject, WideReach};

/// What is said above the flags that a cluster has no use for.
const LOCAL_HEADING: &str = "On this machine";

/// What is said above those that name a cluster.
const CLUSTER_HEADING: &str = "On a cluster (meant when one is named, and always as kubectl daybreak)";

/// Which of the two a command is about.
const WHERE: &str = "Commands that take -n, -A, --context or --kubeconfig look at a cluster when one of these is given, and always as \
kubectl daybreak; without, at the manifests and the data on this machine.";

/// Keeps dated batch data complete: runs the steps whose outputs are missing, as soon as their inputs are there.
#[derive(Debug, Parser)]
#[command(name = "daybreak", version, disable_help_subcommand = true, after_help = WHERE)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fill the window of the pipelines in a folder, on this machine.
    ///
    /// Exit codes: 0 everything is complete; 1 a step failed; 2 a manifest or the command is wrong; 3 steps wait for
    /// data from outside.
    Run(Run),
    /// Check manifests: every fault with file, line, column, what is wrong and what would be right.
    Lint(Lint),
    /// Say which steps would run, and in which order; on a cluster, which run or may start now, and why others wait.
    Plan(Plan),
    /// Draw the graph of datasets and steps.
    Graph(Graph),
    /// Show pipelines at a glance, or the partitions of one.
    Status(Status),
    /// Say what holds up each step of a partition, since when, and what will change it.
    Explain(Explain),
    /// Print the log of a step's attempt.
    Logs(Logs),
    /// Make outputs of a partition again although they exist; they stay until the new ones are there.
    Rerun(Rerun),
    /// Fill a range of partitions beyond the window.
    Backfill(Backfill),
    /// Let a pipeline of a cluster rest, or one partition of it: what runs finishes, nothing new starts.
    Suspend(Suspend),
    /// End the rest of a pipeline of a cluster, or of one partition of it.
    Resume(Suspend),
    /// Look after the pipelines of a cluster; what the chart installs.
    Controller(Controller),
    /// Print the log of an attempt whose pod is gone; what `logs` runs beside the archive, in the controller's pod.
    #[command(hide = true)]
    ArchivedLog(ArchivedLog),
    /// Print the completions of a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Where manifests and the names in them are found.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = LOCAL_HEADING)]
pub(crate) struct Place {
    /// The environment of daybreak.toml that says what stores and params stand for.
    #[arg(long, default_value = "laptop", value_name = "NAME")]
    pub(crate) env: String,
    /// Bind a store to a directory, for this command.
    #[arg(long, value_name = "NAME=DIR", value_parser = pair)]
    pub(crate) store: Vec<(String, String)>,
    /// Give a parameter a value, for this command.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) param: Vec<(String, String)>,
}

/// Where the manifest of a named pipeline is found.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = LOCAL_HEADING)]
pub(crate) struct Named {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The folder to look for manifests in. Default: the folders that daybreak.toml names, or all below it.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// How a run runs.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = LOCAL_HEADING)]
pub(crate) struct Pace {
    /// The most launches at once, of all pipelines together. Default: the number of processors.
    #[arg(long, short, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub(crate) jobs: Option<u32>,
    /// After a step has failed, go on with what does not depend on it. Without, what runs finishes and nothing new starts.
    #[arg(long, short)]
    pub(crate) keep_going: bool,
    /// The most tries of a step in this run. Default: 1, and with --watch what the manifest says.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub(crate) attempts: Option<u32>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Run {
    /// The folder of the manifests.
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) pace: Pace,
    /// Stay, and start steps as their inputs land; until interrupted.
    #[arg(long, short, conflicts_with = "is_dry")]
    pub(crate) watch: bool,
    /// Only this partition, in the window or not.
    #[arg(long, value_name = "KEY", conflicts_with_all = ["from", "to", "watch"])]
    pub(crate) date: Option<String>,
    /// Only from this partition on; needs --to.
    #[arg(long, value_name = "KEY", requires = "to", conflicts_with = "watch")]
    pub(crate) from: Option<String>,
    /// Only up to this partition, which is included.
    #[arg(long, value_name = "KEY", requires = "from")]
    pub(crate) to: Option<String>,
    /// Say what would run, and run nothing.
    #[arg(long = "dry-run")]
    pub(crate) is_dry: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Lint {
    /// The folders of the manifests.
    #[arg(required = true)]
    pub(crate) dirs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Plan {
    /// The folder of the manifests; on a cluster the pipeline, or all when left out.
    #[arg(value_name = "DIR|PIPELINE")]
    pub(crate) subject: Option<String>,
    /// How to print.
    #[arg(long, short, default_value = "table")]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) reach: WideReach,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Graph {
    /// The folder of the manifests.
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
    /// The language of the drawing.
    #[arg(long, short, default_value = "text")]
    pub(crate) format: Drawing,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Status {
    /// The pipeline; all when left out.
    pub(crate) pipeline: Option<String>,
    /// How to print.
    #[arg(long, short, default_value = "table")]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) named: Named,
    #[command(flatten)]
    pub(crate) reach: WideReach,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Explain {
    /// The pipeline.
    pub(crate) pipeline: String,
    /// The partition.
    pub(crate) key: String,
    /// Only this step.
    pub(crate) step: Option<String>,
    /// How to print.
    #[arg(long, short, default_value = "table")]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) named: Named,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Logs {
    /// The pipeline.
    pub(crate) pipeline: String,
    /// The partition.
    pub(crate) key: String,
    /// The step; may be left out when only one has run.
    pub(crate) step: Option<String>,
    /// The attempt; the last one when left out.
    #[arg(long, value_name = "N")]
    pub(crate) attempt: Option<u32>,
    /// Go on printing while the attempt runs.
    #[arg(long, short)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) named: Named,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Rerun {
    /// The pipeline.
    pub(crate) pipeline: String,
    /// The partition.
    pub(crate) key: String,
    /// Only these steps; all when left out.
    pub(crate) steps: Vec<String>,
    #[command(flatten)]
    pub(crate) named: Named,
    #[command(flatten)]
    pub(crate) pace: Pace,
    #[command(flatten)]
    pub(crate) request: Request,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Backfill {
    /// The pipeline.
    pub(crate) pipeline: String,
    /// The first partition.
    #[arg(long, value_name = "KEY")]
    pub(crate) from: String,
    /// The last partition; it is included.
    #[arg(long, value_name = "KEY")]
    pub(crate) to: String,
    /// Only this step and what it needs; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) step: Vec<String>,
    /// Make again what exists.
    #[arg(long)]
    pub(crate) rerun: bool,
    #[command(flatten)]
    pub(crate) named: Named,
    #[command(flatten)]
    pub(crate) pace: Pace,
    #[command(flatten)]
    pub(crate) request: Request,
}

/// How a cluster is asked for something.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = CLUSTER_HEADING)]
pub(crate) struct Request {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Stay until it is done or failed. Exit codes: 0 it is done; 1 a step failed; 3 it is not done after --timeout.
    #[arg(long)]
    pub(crate) wait: bool,
    /// How long to stay at most, such as 30m.
    #[arg(long, value_name = "DURATION", default_value = "1d", requires = "wait")]
    pub(crate) timeout: Span,
    /// Print the object that asks for it.
    #[arg(long, short)]
    pub(crate) output: Option<Output>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Suspend {
    /// The pipeline.
    pub(crate) pipeline: String,
    /// Only this partition.
    pub(crate) key: Option<String>,
    /// Change it although it belongs to whoever applies the pipeline.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// A log in the archive.
#[derive(Args, Clone, Debug)]
pub(crate) struct ArchivedLog {
    /// The configuration of the controller, which says where the archive is.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The namespace of the pipeline.
    pub(crate) namespace: String,
    /// The pipeline.
    pub(crate) pipeline: String,
    /// The partition.
    pub(crate) key: String,
    /// The step; may be left out when only one has run.
    pub(crate) step: Option<String>,
    /// The attempt; the last one when left out.
    #[arg(long, value_name = "N")]
    pub(crate) attempt: Option<u32>,
}

/// How the controller of a cluster runs.
#[derive(Args, Clone, Debug)]
pub(crate) struct Controller {
    /// The file that binds stores and says what steps may ask for.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Check the configuration, and do no more.
    #[arg(long)]
    pub(crate) check: bool,
    /// The name of this pod, as the holder of the lease.
    #[arg(long, env = "POD_NAME", default_value = "daybreak", hide_env = true)]
    pub(crate) pod: String,
    /// The namespace of the lease. Default: that of the kubeconfig's context, or of the pod.
    #[arg(long, env = "POD_NAMESPACE", hide_env = true)]
    pub(crate) pod_namespace: Option<String>,
    /// The address of this pod, for the Service of notifications that the configuration names.
    #[arg(long, env = "POD_IP", value_name = "ADDRESS", hide_env = true)]
    pub(crate) pod_ip: Option<IpAddr>,
    /// The uid of this pod, with which goes what leads to it.
    #[arg(long, env = "POD_UID", value_name = "UID", hide_env = true)]
    pub(crate) pod_uid: Option<String>,
    /// The node of this pod, for load balancers that ask for it.
    #[arg(long, env = "NODE_NAME", value_name = "NAME", hide_env = true)]
    pub(crate) node: Option<String>,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    #[command(flatten)]
    pub(crate) telling: Telling,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// A table for people.
    Table,
    /// A table with more columns.
    Wide,
    /// JSON for programs.
    Json,
    /// YAML for both.
    Yaml,
}

/// The language of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawing {
    /// Plain text.
    Text,
    /// Graphviz.
    Dot,
    /// Mermaid, as GitHub shows it.
    Mermaid,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| format!("`{text}` has no `=`: write NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The environment variables that steps inherit.
#[expect(clippy::disallowed_methods, reason = "the environment is read here, once")]
pub(crate) fn inherited() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}
