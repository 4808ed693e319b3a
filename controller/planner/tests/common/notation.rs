//! A pipeline in a few lines, with a default for whatever a test does not care about.
//!
//! ```text
//! pipeline every=1h window=5h due=Start
//!   dataset geo every=1d path=geo_%Y%m%d.txt
//!   step join: impressions geo -> joined retries=3
//!   step total: joined yesterday:totals@-1?|seed.txt week:joined[-6..0] -> totals
//! ```
//!
//! Datasets that nobody declares are dated files on the pipeline's clock.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use planner::calendar::{Calendar, Every};
use planner::command::{CommandTemplate, Scope};
use planner::digest::Digest;
use planner::duration::Span;
use planner::name::Name;
use planner::pipeline::{
    Completeness, Dataset, DatasetId, Due, Input, OnMissing, Order, Parts, Publish, Reach, Resources,
    Retries, Step, WhenChanged, Window,
};
use planner::template::PathTemplate;
use planner::{limits, quantity};

/// The words of a line that carry a value, and those that stand for themselves.
struct Options<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Options<'a> {
    fn read(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self(words.into_iter().map(|word| word.split_once('=').unwrap_or((word, ""))).collect())
    }

    fn text(&mut self, name: &str) -> Option<&'a str> {
        self.0.remove(name)
    }

    fn value<T>(
        &mut self,
        name: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        self.text(name).map(|text| read(text).map_err(|why| format!("{name}: {why}"))).transpose()
    }

    fn finish(self) -> Result<(), String> {
        if self.0.is_empty() { Ok(()) } else { Err(format!("unknown words: {:?}", self.0)) }
    }
}

/// Reads what has a `FromStr`.
pub(crate) fn read<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|fault: T::Err| fault.to_string())
}

/// Reads a pipeline: the first line is about the whole, each further one declares a dataset or a step.
pub(crate) fn parse(text: &str) -> Result<Parts, String> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().and_then(|line| line.strip_prefix("pipeline")).ok_or("start with `pipeline`")?;
    let mut parts = parse_head(first)?;
    for line in lines {
        match line.split_once(' ') {
            Some(("dataset", rest)) => {
                let dataset = parse_dataset(&parts, rest)?;
                parts.datasets.push(dataset);
            }
            Some(("step", rest)) => parse_step(&mut parts, rest)?,
            _ => return Err(format!("neither a dataset nor a step: {line}")),
        }
    }
    Ok(parts)
}

fn parse_head(line: &str) -> Result<Parts, String> {
    let mut options = Options::read(line.split_whitespace());
    let every = options.value("every", read::<Every>)?.unwrap_or(Every::Day);
    let zone = options.value("zone", read)?.unwrap_or(chrono_tz::UTC);
    let calendar = Calendar::new(every, zone).map_err(|fault| fault.to_string())?;
    let key = |text: &str| calendar.parse_key(text).map_err(|fault| fault.to_string());
    let window = |text: &str| match text.parse() {
        Ok(count) => Ok(Window::Partitions(count)),
        Err(_) => read(text).map(Window::Time),
    };
    let parts = Parts {
        name: read(options.text("name").unwrap_or("p"))?,
        start: options.value("start", key)?,
        end: options.value("end", key)?,
        due: options.value("due", due)?.unwrap_or(Due::End),
        delay: options.value("delay", read)?.unwrap_or(Span::Fixed { seconds: 0 }),
        window: options
            .value("window", window)?
            .unwrap_or(Window::Partitions(limits::DEFAULT_WINDOW_PARTITIONS)),
        order: options.value("order", order)?.unwrap_or(Order::OldestFirst),
        parallelism: options.value("parallelism", read)?.unwrap_or(limits::DEFAULT_PARALLELISM),
        suspend: options.text("suspend").is_some(),
        late_after: options.value("late-after", read)?,
        datasets: Vec::new(),
        steps: Vec::new(),
        calendar,
    };
    options.finish()?;
    Ok(parts)
}

fn due(text: &str) -> Result<Due, String> {
    match text {
        "Start" => Ok(Due::Start),
        "End" => Ok(Due::End),
        _ => Err(format!("Start or End, not {text}")),
    }
}

fn order(text: &str) -> Result<Order, String> {
    match text {
        "OldestFirst" => Ok(Order::OldestFirst),
        "NewestFirst" => Ok(Order::NewestFirst),
        _ => Err(format!("OldestFirst or NewestFirst, not {text}")),
    }
}

fn when_changed(text: &str) -> Result<WhenChanged, String> {
    match text {
        "Keep" => Ok(WhenChanged::Keep),
        "Rebuild" => Ok(WhenChanged::Rebuild),
        _ => Err(format!("Keep or Rebuild, not {text}")),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    read::<Span>(text).map(|span| Duration::from_secs(span.seconds()))
}

/// A date in every path, as fine as the clock.
fn codes(every: Every) -> &'static str {
    match every {
        Every::Minutes(_) => "%Y%m%d-%H%M",
        Every::Day => "%Y%m%d",
        Every::Week => "%G-W%V",
        Every::Month => "%Y-%m",
    }
}

fn parse_dataset(parts: &Parts, line: &str) -> Result<Dataset, String> {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    let mut options = Options::read(rest.split_whitespace());
    let every = options.value("every", read)?.unwrap_or_else(|| parts.calendar.every());
    let zone = options.value("zone", read)?.unwrap_or_else(|| parts.calendar.zone());
    let zone = if matches!(every, Every::Minutes(_)) { chrono_tz::UTC } else { zone };
    let path = options.text("path").map_or_else(|| format!("{name}_{}", codes(every)), str::to_owned);
    let dataset = Dataset {
        name: read(name)?,
        store: read(options.text("store").unwrap_or("warehouse"))?,
        calendar: Calendar::new(every, zone).map_err(|fault| fault.to_string())?,
        path: PathTemplate::parse(&path).map_err(|fault| fault.to_string())?,
        complete: Completeness::File { min_bytes: 0, settle: Duration::ZERO },
        on_missing: options.text("OnDemand").map_or(OnMissing::Rebuild, |_| OnMissing::OnDemand),
        expected_for: options.value("expected-for", read)?,
        publish: options.text("Direct").map_or(Publish::Staged, |_| Publish::Direct),
    };
    options.finish()?;
    Ok(dataset)
}

/// The dataset of this name, declared now if it was not before.
fn dataset_named(parts: &mut Parts, name: &str) -> Result<DatasetId, String> {
    let known = parts.datasets.iter().position(|dataset| dataset.name.as_str() == name);
    let place = known.unwrap_or(parts.datasets.len());
    if known.is_none() {
        let dataset = parse_dataset(parts, name)?;
        parts.datasets.push(dataset);
    }
    u16::try_from(place).map(DatasetId).map_err(|fault| fault.to_string())
}

fn parse_step(parts: &mut Parts, line: &str) -> Result<(), String> {
    let (name, rest) = line.split_once(':').ok_or("a step is `NAME: INPUT... -> OUTPUT...`")?;
    let (inputs, rest) = rest.split_once("->").ok_or("a step needs an arrow before its outputs")?;
    let (outputs, options): (Vec<_>, Vec<_>) = rest.split_whitespace().partition(|word| !word.contains('='));
    let mut options = Options::read(options);
    let inputs: Result<_, _> = inputs.split_whitespace().map(|word| parse_input(parts, word)).collect();
    let outputs: Result<_, _> = outputs.into_iter().map(|word| dataset_named(parts, word)).collect();
    let command = CommandTemplate::parse(&["true".to_owned()], &Scope::default());
    let codes = |text: &str| text.split(',').map(read).collect::<Result<Vec<_>, _>>();
    let digest = Digest::of([name]);
    let step = Step {
        name: read(name)?,
        inputs: inputs?,
        outputs: outputs?,
        command: command.map_err(|fault| fault.to_string())?,
        image: None,
        working_dir: None,
        env: BTreeMap::new(),
        resources: parse_resources(&mut options)?,
        timeout: None,
        retries: Retries {
            max_attempts: options.value("retries", read)?.unwrap_or(5),
            backoff: options.value("backoff", seconds)?.unwrap_or(Duration::from_secs(30)),
            max_backoff: options.value("max-backoff", seconds)?.unwrap_or(Duration::from_mins(10)),
            non_retriable_exit_codes: options.value("final", codes)?.unwrap_or_default(),
        },
        when_inputs_change: options.value("inputs", when_changed)?.unwrap_or(WhenChanged::Keep),
        when_step_changes: options.value("step", when_changed)?.unwrap_or(WhenChanged::Keep),
        pool: options.value("pool", read::<Name>)?,
        result_digest: digest,
        whole_digest: digest,
    };
    options.finish()?;
    parts.steps.push(step);
    Ok(())
}

/// Reads what a machine needs, or has: `cpu=500m memory=64Mi disk=1Gi`.
fn parse_resources(options: &mut Options<'_>) -> Result<Resources, String> {
    let cpu = |text: &str| quantity::millicores(text).map_err(|fault| fault.to_string());
    let bytes = |text: &str| quantity::bytes(text).map_err(|fault| fault.to_string());
    Ok(Resources {
        cpu_millis: options.value("cpu", cpu)?.unwrap_or(0),
        memory_bytes: options.value("memory", bytes)?.unwrap_or(0),
        disk_bytes: options.value("disk", bytes)?.unwrap_or(0),
    })
}

/// Reads what a machine has, from words as a step needs it.
pub(crate) fn resources<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Resources, String> {
    let mut options = Options::read(words);
    let resources = parse_resources(&mut options)?;
    options.finish()?;
    Ok(resources)
}

/// Reads `[NAME:]DATASET[@-N|[-A..-B]][?][|INITIAL]`.
fn parse_input(parts: &mut Parts, word: &str) -> Result<Input, String> {
    let (word, initial) = word.split_once('|').map_or((word, None), |(word, path)| (word, Some(path)));
    let (word, optional) = word.strip_suffix('?').map_or((word, false), |word| (word, true));
    let (name, word) = word.split_once(':').map_or((None, word), |(name, word)| (Some(name), word));
    let back = |text: &str| read::<u32>(text.trim_start_matches('-'));
    let (dataset, reach) = if let Some((dataset, offset)) = word.split_once('@') {
        (dataset, Reach::Back(back(offset)?))
    } else if let Some((dataset, window)) = word.split_once('[') {
        let (from, to) = window.trim_end_matches(']').split_once("..").ok_or("a window is `[-A..-B]`")?;
        (dataset, Reach::Window { from: back(from)?, to: back(to)? })
    } else {
        (word, Reach::Overlapping)
    };
    Ok(Input {
        name: read(name.unwrap_or(dataset))?,
        dataset: dataset_named(parts, dataset)?,
        reach,
        optional,
        initial: initial.map(str::to_owned),
    })
}
