//! Reach: as what the program was called, whether a cluster is meant, and which.

use std::ffi::OsStr;
use std::path::Path;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory as _, FromArgMatches as _};

use super::{Arguments, CLUSTER_HEADING, LOCAL_HEADING};
use crate::seat::client::Cluster;

/// The name of the program as a plugin of kubectl.
const PLUGIN: &str = "kubectl-daybreak";

/// What there is on a machine only.
const LOCAL_COMMANDS: [&str; 4] = ["run", "lint", "graph", "controller"];

/// What there is on a cluster only. A manifest is suspended by its `spec.suspend`.
const CLUSTER_COMMANDS: [&str; 2] = ["suspend", "resume"];

/// The flags that name a cluster.
const NAMES_OF_CLUSTERS: [&str; 4] = ["kubeconfig", "context", "namespace", "all_namespaces"];

/// As what the program was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// `daybreak`: the cluster is meant where it is named.
    Program,
    /// `kubectl daybreak`: the cluster is always meant.
    Plugin,
}

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The manifests and the data on this machine.
    Machine,
    /// The objects of a cluster.
    Cluster,
}

/// The namespace of a cluster.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = CLUSTER_HEADING)]
pub(crate) struct Reach {
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    /// The namespace. Default: that of the context.
    #[arg(long, short, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
}

/// The namespace of a cluster, or all.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = CLUSTER_HEADING)]
pub(crate) struct WideReach {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// All namespaces.
    #[arg(long, short = 'A')]
    pub(crate) all_namespaces: bool,
}

impl Caller {
    /// As what this process was called.
    pub(crate) fn of_process() -> Self {
        let program = std::env::args_os().next();
        let name = program.as_deref().map(Path::new).and_then(Path::file_stem);
        if name == Some(OsStr::new(PLUGIN)) { Self::Plugin } else { Self::Program }
    }

    /// What a person types to call it so.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Program => "daybreak",
            Self::Plugin => "kubectl daybreak",
        }
    }

    /// The program whose words a shell completes.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Program => "daybreak",
            Self::Plugin => PLUGIN,
        }
    }

    /// The arguments of this process and what they are about; ends it when they are wrong, or ask for help.
    pub(crate) fn arguments(self) -> (Arguments, Subject) {
        let mut command = handing_down(self.command());
        let matches = command.get_matches_mut();
        let subject = self.subject(&command, &matches);
        let subject =
            subject.unwrap_or_else(|fault| command.error(ErrorKind::ArgumentConflict, fault).exit());
        let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        (arguments, subject)
    }

    /// The command line. What is of no use to a plugin is not shown there.
    pub(crate) fn command(self) -> clap::Command {
        let reach = WideReach::augment_args(clap::Command::default());
        let command = Arguments::command().args(reach.get_arguments());
        match self {
            Self::Program => command,
            Self::Plugin => command.bin_name(self.name()).mut_subcommands(without_local),
        }
    }

    /// What a command is about, unless its arguments contradict each other.
    fn subject(self, command: &clap::Command, matches: &ArgMatches) -> Result<Subject, String> {
        let Some((name, given)) = matches.subcommand() else { return Ok(Subject::Machine) };
        let Some(command) = command.find_subcommand(name) else { return Ok(Subject::Machine) };
        let is_given =
            |arg: &&clap::Arg| given.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
        let flags: Vec<_> = command.get_arguments().filter(is_given).collect();
        check(command, &flags)?;
        let under = |heading| flags.iter().find(move |flag| flag.get_help_heading() == Some(heading));
        if self == Self::Program && !flags.iter().any(|flag| names_cluster(flag)) {
            let needy = under(CLUSTER_HEADING).map(|flag| format!("--{}", flag.get_id()));
            let needy = needy.or_else(|| CLUSTER_COMMANDS.contains(&name).then(|| name.to_owned()));
            return needy.map_or(Ok(Subject::Machine), |needy| {
                Err(format!("{needy} is about a cluster: name one with -n, --context or --kubeconfig"))
            });
        }
        match under(LOCAL_HEADING) {
            _ if LOCAL_COMMANDS.contains(&name) => Ok(Subject::Machine),
            None => Ok(Subject::Cluster),
            Some(flag) => Err(format!("--{} is about this machine, and not about a cluster", flag.get_id())),
        }
    }
}

/// Hands down what names a cluster: like kubectl's, these flags may stand before the command as well as after it. A
/// command that has no use for one takes it only to say so.
fn handing_down(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|flag| flag.global(true));
    let flags: Vec<_> = command.get_arguments().cloned().collect();
    command.mut_subcommands(|command| {
        let is_missing = |flag: &&clap::Arg| command.get_arguments().all(|it| it.get_id() != flag.get_id());
        let missing: Vec<_> = flags.iter().filter(is_missing).map(|flag| flag.clone().hide(true)).collect();
        command.args(missing)
    })
}

/// Refuses flags that name a cluster where a command has no use for them, or where they contradict each other.
fn check(command: &clap::Command, flags: &[&clap::Arg]) -> Result<(), String> {
    if let Some(flag) = flags.iter().find(|flag| names_cluster(flag) && flag.is_hide_set()) {
        let takes_namespace =
            command.get_arguments().any(|it| it.get_id() == "namespace" && !it.is_hide_set());
        let why = if takes_namespace {
            "it looks at one namespace, and -n names it"
        } else {
            "it is not about a cluster"
        };
        let (name, flag) = (command.get_name(), flag.get_long().unwrap_or_default());
        return Err(format!("{name} has no use for --{flag}: {why}"));
    }
    let is_given = |id: &str| flags.iter().any(|flag| names_cluster(flag) && flag.get_id() == id);
    if is_given("namespace") && is_given("all_namespaces") {
        return Err(
            "--namespace names one namespace, and --all-namespaces means all: give one of them".to_owned()
        );
    }
    Ok(())
}

fn names_cluster(flag: &clap::Arg) -> bool {
    flag.get_help_heading() == Some(CLUSTER_HEADING) && NAMES_OF_CLUSTERS.contains(&flag.get_id().as_str())
}

fn without_local(command: clap::Command) -> clap::Command {
    let is_local = LOCAL_COMMANDS.contains(&command.get_name());
    let command = if is_local { command.hide(true) } else { command };
    command.mut_args(|arg| {
        let is_local = arg.get_help_heading() == Some(LOCAL_HEADING);
        if is_local { arg.hide(true) } else { arg }
    })
}
