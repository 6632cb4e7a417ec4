//! Three simulations that run, for tests of what becomes of them when roles die.

use crate::stage::{Running, Stage, Status};

pub(crate) const THREE: [&str; 3] = ["a", "b", "c"];

/// Three simulations at their gates, and the engine that launched them.
pub(crate) fn three_running() -> (Stage, Running) {
    let stage = Stage::new();
    stage.gates("concurrency: 3", &THREE);
    let engine = stage.engine("");
    stage.wait_entered(&THREE);
    (stage, engine)
}

pub(crate) fn words(status: &Status) -> [String; 3] {
    THREE.map(|name| status.word(name).to_owned())
}
