//! Plans that grow by what simulations have made.

use gem5_tui::engine::state::Event;
use gem5_tui::engine::state::event::Grown;
use gem5_tui::experiment::{Awaiting, Dependency, Plan, Simulation};
use gem5_tui::gem5::OutcomeKind;
use gem5_tui::protocol::{QueueState, Request};

use crate::world::{World, plan, simulation};

fn awaiting(name: &str, needs: &[&str]) -> Awaiting {
    Awaiting { name: name.to_owned(), needs: needs.iter().map(ToString::to_string).collect(), nothing: None }
}

fn world(awaited: Vec<Awaiting>) -> World {
    let sources = awaited.iter().flat_map(|more| more.needs.clone()).collect();
    let plan = Plan { awaiting: awaited, sources, ..plan(vec![simulation("a"), simulation("b")], None) };
    World::new(plan, 2)
}

fn grown(world: &mut World, names: &[&str], awaiting: Vec<Awaiting>) {
    let simulations: Vec<Simulation> = names.iter().map(|name| simulation(name)).collect();
    world.event(Event::Grown(Box::new(Grown { simulations, awaiting, ..Grown::default() })));
}

#[test]
fn an_engine_does_not_end_between_a_stage_and_what_it_made() {
    let mut world = world(vec![awaiting("go-${c}", &["b"])]);
    for sim in [0, 1] {
        world.start(sim);
        world.end(sim, OutcomeKind::Ok);
    }
    assert_eq!((world.grows, world.ended), (1, false));
    grown(&mut world, &["go-1"], Vec::new());
    world.start(2);
    world.end(2, OutcomeKind::Ok);
    assert!(world.ended);
    assert_eq!(world.state.header(world.now).counts.awaiting, 0);
}

#[test]
fn only_an_end_that_is_ok_and_awaited_is_looked_at() {
    let mut world = world(vec![awaiting("go-${c}", &["b"])]);
    world.start(0);
    world.end(0, OutcomeKind::Ok);
    world.start(1);
    world.end(1, OutcomeKind::Fatal);
    assert_eq!((world.grows, world.ended), (0, true));
    let counts = world.state.header(world.now).counts;
    assert!(counts.awaiting == 1 && !counts.all_ok());
}

#[test]
fn what_ends_while_it_is_looked_is_looked_at_once_more() {
    let mut world = world(vec![awaiting("go-${c}", &["a", "b"])]);
    for sim in [0, 1] {
        world.start(sim);
        world.end(sim, OutcomeKind::Ok);
    }
    assert_eq!(world.grows, 1);
    grown(&mut world, &["go-1"], vec![awaiting("go-${c}", &["b"])]);
    assert_eq!((world.grows, world.ended), (2, false));
    grown(&mut world, &[], Vec::new());
    world.start(2);
    world.end(2, OutcomeKind::Ok);
    assert!(world.ended);
}

#[test]
fn a_plan_that_cannot_grow_says_why_and_keeps_no_engine() {
    let mut world = world(vec![awaiting("go-${c}", &["b"])]);
    for sim in [0, 1] {
        world.start(sim);
        world.end(sim, OutcomeKind::Ok);
    }
    world.event(Event::NotGrown("the file is broken".to_owned()));
    assert!(world.ended);
    assert!(world.state.header(world.now).notice.is_some_and(|notice| notice.contains("the file is broken")));
}

#[test]
fn a_draining_engine_launches_nothing_of_what_was_made() {
    let mut world = world(vec![awaiting("go-${c}", &["b"])]);
    world.start(0);
    world.start(1);
    drop(world.request(Request::SetQueue { queue: QueueState::Draining }));
    world.end(1, OutcomeKind::Ok);
    grown(&mut world, &["go-1"], Vec::new());
    world.end(0, OutcomeKind::Ok);
    assert!(world.ended && world.launching.is_empty());
}

#[test]
fn a_stage_that_makes_something_else_the_second_time_retires_what_it_made_first() {
    let all = Simulation { needs: vec![Dependency::ok("b")], ..simulation("all") };
    let plan = Plan { sources: vec!["b".to_owned()], ..plan(vec![simulation("a"), simulation("b"), all], None) };
    let mut world = World::new(plan, 4);
    for sim in [0, 1] {
        world.start(sim);
        world.end(sim, OutcomeKind::Ok);
    }
    assert_eq!(world.grows, 1, "also where nothing is awaited");
    world.event(Event::Grown(Box::new(Grown {
        simulations: vec![simulation("go-2")],
        needs: vec![("all".to_owned(), vec![Dependency::ok("go-2")])],
        gone: vec!["a".to_owned()],
        ..Grown::default()
    })));
    let view = |world: &World, sim| world.state.view(sim, world.now);
    assert!(view(&world, 0).gone && view(&world, 0).status.ended() == Some(OutcomeKind::Ok));
    world.start(3);
    world.end(3, OutcomeKind::Ok);
    world.start(2);
    world.end(2, OutcomeKind::Ok);
    assert_eq!(world.state.met_needs(2).len(), 1);
}
