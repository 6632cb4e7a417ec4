//! The engine's decisions under random events: the cap, the counts and the queue hold whatever happens.

mod adopted;
mod alike;
mod deadline;
mod growth;
mod held_jobs;
mod jobs;
mod limits;
mod notices;
mod queue;
mod requests;
mod scripts;
mod shards;
mod steps;
mod suites;
mod turns;
mod world;

use proptest::prelude::*;

use crate::scripts::Lab;
use crate::world::told::Told;
use crate::world::{World, random_plan};

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn f58_no_event_breaks_the_cap_the_counts_or_the_queue(
        steps in prop::collection::vec((any::<u16>(), any::<u32>(), any::<u64>()), 0..250),
        cap in 1_u32..5,
    ) {
        let mut world = World::new(random_plan(), cap);
        world.told = Some(Told::default());
        for (choice, pick, number) in steps {
            world.step(choice, pick, number);
        }
        world.finish();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_a_script_hears_of_each_of_its_calls_once_and_nothing_is_simulated_for_what_is_there(
        steps in prop::collection::vec((any::<u16>(), any::<u32>(), any::<u64>()), 0..250),
        cap in 1_u32..5,
    ) {
        let mut lab = Lab::new(cap);
        for (choice, pick, number) in steps {
            lab.step(choice, pick, number);
        }
        lab.finish();
    }
}

#[test]
fn thousands_of_random_events_lose_no_call_of_a_script() {
    let mut lab = Lab::new(3);
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..4_000 {
        // xorshift64: the same events in every run.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        lab.step((seed >> 48) as u16, (seed >> 16) as u32, seed >> 5);
    }
    lab.finish();
}

#[test]
fn f58_ten_thousand_random_events_lose_no_wake_up() {
    let mut world = World::new(random_plan(), 3);
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..10_000 {
        // xorshift64: the same events in every run.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        if world.ended {
            world = World::new(random_plan(), (seed % 4 + 1) as u32);
        }
        world.step((seed >> 48) as u16, (seed >> 16) as u32, seed >> 5);
    }
    world.finish();
}
