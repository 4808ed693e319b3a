//! Every bound of the cluster runtime, each with its reason.

use std::time::Duration;

/// How long after its record a launch's Job may be created. Two controllers that both know of the record create the same
/// name; what is later than this, nobody creates.
pub(crate) const CREATE_WITHIN: Duration = Duration::from_secs(20);

/// When a launch without a Job is given up: three times as late as anyone creates one, so that clocks may differ.
pub(crate) const GIVE_UP_AFTER: Duration = Duration::from_mins(1);

/// How long a pod may take to start before it is worth a word: pulling a small image takes as long.
pub(crate) const START_PATIENCE: Duration = Duration::from_secs(5);

/// How long the log of a failed launch is waited for before its failure is recorded without its last words.
pub(crate) const LOG_PATIENCE: Duration = Duration::from_secs(10);

/// The pause before a log that could not be kept is tried again: its store may be away for long.
pub(crate) const LOG_RETRY: Duration = Duration::from_secs(10);

/// The size of a chunk of a log that goes to a service: small enough to be held for each of some hundred running steps.
pub(crate) const CHUNK_BYTES: u64 = 1024 * 1024;

/// How long what a step prints may stay on this machine before it goes to a service, though it is less than a chunk.
pub(crate) const CHUNK_PAUSE: Duration = Duration::from_secs(10);

/// How often it is looked how far a log has grown: its size is known at once.
pub(crate) const CHUNK_LOOK: Duration = Duration::from_secs(1);

/// How many of a log's last lines are remembered, of which the sentence about a failed step repeats some.
pub(crate) const CHUNK_LINES: usize = 10;

/// Reconciles at once: each waits for the server most of its time, and thinking is done one by one.
pub(crate) const RECONCILES: u16 = 16;

/// Calls of one kind at once of one reconcile: the API server serves some hundred a second, and other pipelines wait too.
pub(crate) const CALLS: usize = 32;

/// Events that are told at once: few, since all else goes before them.
pub(crate) const EVENT_CALLS: usize = 4;

/// The most Events that wait to be told; what is more is lost. A pipeline has some hundred when all of it starts.
pub(crate) const EVENTS: usize = 1_000;

/// How often everything in storage is looked at again although nothing hinted at a change.
pub(crate) const POLL: Duration = Duration::from_secs(30);

/// The longest pause between two reconciles of a pipeline: a clock that was set must not leave it asleep.
pub(crate) const PAUSE_MAX: Duration = Duration::from_mins(5);

/// How often the status of a pipeline is written at most: its counts change with every launch.
pub(crate) const STATUS_PAUSE: Duration = Duration::from_secs(1);

/// How long touches of one pipeline are gathered: a Job's end touches it several times within milliseconds.
pub(crate) const DEBOUNCE: Duration = Duration::from_millis(10);

/// The most Partition objects of a pipeline: Argo CD walks all of them.
pub(crate) const OBJECTS: usize = 100;

/// The most Partition objects of a namespace: what Kubernetes is tested with for objects of 10 kB.
pub(crate) const OBJECTS_OF_NAMESPACE: usize = 1_500;

/// How many finished Partition objects are kept where the pipeline does not say.
pub(crate) const HISTORY: usize = 30;

/// The shortest pause after a reconcile that failed.
pub(crate) const RETRY: Duration = Duration::from_millis(500);

/// How long one call to the API server may take.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the loop that senses storage may take for one round: a look at everything on a slow volume. What hangs
/// longer is helped by a restart.
pub(crate) const LOOP_MAX: Duration = Duration::from_mins(5);

/// How long after a refusal, of a full quota above all, a Job is sent again.
pub(crate) const REFUSED_PAUSE: Duration = Duration::from_secs(10);

/// How often it is asked why no pods are made of a pipeline's Jobs: the answer changes with the Job controller's tries,
/// which become rare, and it takes the server a look at all events of the namespace.
/// As often it is asked whether a Job is there that the caches don't show.
pub(crate) const ASK_PAUSE: Duration = Duration::from_secs(5);

/// The pause before the third launch of one try; it doubles with each. The second comes at once.
pub(crate) const DISRUPTED_PAUSE: Duration = Duration::from_secs(2);

/// The longest pause before a try is launched again.
pub(crate) const DISRUPTED_PAUSE_MAX: Duration = Duration::from_mins(2);

/// How often a pipeline whose path is taken looks whether it still is. Whoever deleted the older one waits for that.
pub(crate) const TAKEN_PAUSE: Duration = Duration::from_secs(10);

/// The shortest time for which the archive may be kept: people ask on the next day why a step failed, and what two
/// controllers know of a partition may differ by minutes.
pub(crate) const RETENTION_MIN: Duration = Duration::from_hours(24);

/// How often a few old things are looked for: nobody waits for it.
pub(crate) const TIDY_PAUSE: Duration = Duration::from_mins(1);

/// How often services are looked through for old things: each partition of an archive costs about three requests, and
/// what is a day old may be a day and an hour old.
pub(crate) const TIDY_PAUSE_OF_SERVICES: Duration = Duration::from_hours(1);

/// At how many partitions of the archive a round looks. A thousand hourly pipelines get seventeen new ones a minute, and a
/// look at one takes a store about a millisecond.
pub(crate) const TIDY_LOOKS: usize = 100;

/// How long nothing may have been written to the staging of a launch that nobody knows before it is swept, besides the
/// time after which launches are written off. A node that comes back ends its pods within minutes, and clocks of stores
/// differ by less; a day is also the time in which a person looks what a failed night has left.
pub(crate) const STAGING_AGE: Duration = Duration::from_hours(24);

/// How much longer than staging its records stay, so that the sweep comes first.
pub(crate) const TIDY_MARGIN: Duration = Duration::from_hours(24);

/// How long a pass waits for storage before it goes on with the rest of its pipeline: an answer takes a fraction of a
/// second, and a large copy minutes.
pub(crate) const ORDER_PATIENCE: Duration = Duration::from_secs(2);

/// How many launches are begun, published or ended in storage at once: enough to hide how long a service takes to answer,
/// and few of the calls that it serves.
pub(crate) const ORDERS: usize = 32;

/// Of how many datasets of one pipeline it is asked at once what they look like, in a service.
pub(crate) const CLOSE_LOOKS: usize = 8;

/// How often a store that answers over a network is asked about what somebody waits for: what lands is found within two or
/// three seconds, and one listing for each prefix in that time costs a store nothing.
pub(crate) const OPEN_POLL: Duration = Duration::from_secs(2);

/// The longest pause before it is asked about that again, after nothing came for minutes.
pub(crate) const OPEN_POLL_MAX: Duration = Duration::from_secs(5);

/// The longest pause after it did not answer: a person who has just granted a right waits for it.
pub(crate) const DOUBT_POLL_MAX: Duration = Duration::from_secs(30);

/// How often it is asked about everything unless the configuration says otherwise, so that what was deleted is found, and what nobody told of.
pub(crate) const REPAIR_POLL: Duration = Duration::from_mins(2);
