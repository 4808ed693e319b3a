//! Features: what a seed's world has, switched on and off by chance (swarm testing), so that rare things meet often.

use crate::dice::Dice;

/// One kind of thing that may happen or be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Feature {
    Crashes,
    Evictions,
    Failures,
    EmptySuccesses,
    Hangs,
    FinalExitCodes,
    Outages,
    FlakyAnswers,
    LostHints,
    LateHints,
    DoubledHints,
    Backfills,
    Reruns,
    StepChanges,
    Suspensions,
    InputChanges,
    InputDeletions,
    OutputDeletions,
    Foreigners,
    LateInputs,
    OnDemand,
    Direct,
    ExpectedFor,
    Rebuilds,
    OptionalInputs,
    InputWindows,
    Offsets,
    Initials,
    SeveralOutputs,
    OtherClocks,
    SecondPipeline,
    ThirdPipeline,
    Pools,
    Resources,
    Slots,
    Settling,
    Forgiving,
    Mended,
}

const ALL: [Feature; 38] = [
    Feature::Crashes,
    Feature::Evictions,
    Feature::Failures,
    Feature::EmptySuccesses,
    Feature::Hangs,
    Feature::FinalExitCodes,
    Feature::Outages,
    Feature::FlakyAnswers,
    Feature::LostHints,
    Feature::LateHints,
    Feature::DoubledHints,
    Feature::Backfills,
    Feature::Reruns,
    Feature::StepChanges,
    Feature::Suspensions,
    Feature::InputChanges,
    Feature::InputDeletions,
    Feature::OutputDeletions,
    Feature::Foreigners,
    Feature::LateInputs,
    Feature::OnDemand,
    Feature::Direct,
    Feature::ExpectedFor,
    Feature::Rebuilds,
    Feature::OptionalInputs,
    Feature::InputWindows,
    Feature::Offsets,
    Feature::Initials,
    Feature::SeveralOutputs,
    Feature::OtherClocks,
    Feature::SecondPipeline,
    Feature::ThirdPipeline,
    Feature::Pools,
    Feature::Resources,
    Feature::Slots,
    Feature::Settling,
    Feature::Forgiving,
    Feature::Mended,
];

/// The features of one seed, a bit each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features(u64);

impl Features {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let share = *dice.pick(&[25, 50, 75]);
        let drawn = ALL.into_iter().filter(|_| dice.percent(share));
        Self(drawn.fold(0, |features, feature| features | feature.bit()))
    }

    pub(crate) fn has(self, feature: Feature) -> bool {
        self.0 & feature.bit() != 0
    }

    /// Faults stop: what makes trouble by itself is switched off.
    pub(crate) fn calm(&mut self) {
        use Feature::{Crashes, EmptySuccesses, Evictions, Failures, FlakyAnswers, Hangs, LostHints};
        for fault in [Crashes, EmptySuccesses, Evictions, Failures, FlakyAnswers, Hangs, LostHints] {
            self.0 &= !fault.bit();
        }
    }
}

impl Feature {
    fn bit(self) -> u64 {
        1 << self as u64
    }
}
