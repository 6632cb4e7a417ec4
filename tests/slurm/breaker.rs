//! A cluster, or a node of it, on which nothing comes to anything.

use crate::site::{SLURM, Site, finish, summary};
use crate::stage::wait_for;

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

#[test]
fn what_is_refused_three_times_is_not_handed_in_a_thousand_times() {
    let Some(site) = Site::new(&[]) else { return };
    site.wrap("sbatch", "echo . >>STAGE/sbatch.log\nexec REAL \"$@\"");
    site.stage.gates("executor: {slurm: {poll: 2s, partition: nosuch}}", &NAMES);
    let said = finish(site.start("run exp.yaml --json")).expect(1);
    assert_eq!(site.lines("sbatch.log").len(), 3);
    assert!(said.err.contains("the queue is paused because 3 jobs in a row were refused"), "{}", said.err);
    assert!(said.err.contains("nosuch"), "{}", said.err);
    let counts = &summary(&said)["counts"];
    assert_eq!((&counts["not_ok"], &counts["queued"]), (&3.into(), &3.into()), "{counts}");
    assert_eq!(site.cluster.ours(), []);
    // The next one tries it, and what was refused is as good as never launched.
    site.gates("", &NAMES);
    site.stage.open_all(&NAMES, 0);
    finish(site.start("run exp.yaml --json")).expect(0);
    for name in NAMES {
        assert_eq!((site.stage.entered(name), site.stage.left(name)), (1, 1), "{name}");
    }
    site.is_quiet();
}

/// sbatch that hands in a job which does nothing.
const DEAD: &str = "printf '#!/bin/sh\\nexit 1\\n' >STAGE/dead.sh";

#[test]
fn a_node_on_which_two_starts_came_to_nothing_is_avoided_and_that_is_said() {
    let Some(site) = Site::new(&[("SLURM_TEST_NODES", "2")]) else { return };
    site.gates("concurrency: 1", &["a", "b", "c"]);
    site.stage.open_all(&["b", "c"], 0);
    let script = format!(
        "{DEAD}\ncase \" $*\" in *--exclude=*) exec REAL \"$@\" ;; esac\n\
         echo . >>STAGE/dead.log\nexec REAL \"${{@:1:$#-1}}\" --nodelist=node1 STAGE/dead.sh"
    );
    site.wrap("sbatch", &script);
    let run = site.start("run exp.yaml --json");
    site.stage.wait_entered(&["a"]);
    let told = site.wait_notice("nothing more is started on node1");
    assert!(told.contains("came to nothing"), "{told}");
    assert_eq!(site.lines("dead.log").len(), 2);
    site.stage.open("a", 0);
    finish(run).expect(0);
    site.ran_once(&["a", "b", "c"]);
}

#[test]
fn starts_that_come_to_nothing_on_one_node_after_the_other_pause_the_queue() {
    let Some(site) = Site::new(&[("SLURM_TEST_NODES", "3")]) else { return };
    site.gates("", &NAMES);
    let script = format!(
        "{DEAD}\necho . >>STAGE/dead.log\nn=$(( ($(wc -l <STAGE/dead.log) - 1) % 3 + 1 ))\n\
         exec REAL \"${{@:1:$#-1}}\" --nodelist=node$n STAGE/dead.sh"
    );
    site.wrap("sbatch", &script);
    let said = finish(site.start("run exp.yaml --json")).expect(1);
    for word in ["the queue is paused because", "node1, node2, node3", "before it had started anything"] {
        assert!(said.err.contains(word), "{word}: {}", said.err);
    }
    assert_eq!(summary(&said)["counts"]["queued"], NAMES.len(), "none has failed");
    assert!(site.lines("dead.log").len() <= NAMES.len() + 1);
    assert!(NAMES.iter().all(|name| !site.stage.has_attempt(name, 1)));
    site.is_quiet();
}

/// There is no other node: it says so, and nobody's simulation has failed because of that.
#[test]
fn a_cluster_whose_only_node_is_avoided_pauses_the_queue() {
    let Some(site) = Site::new(&[]) else { return };
    site.stage.gates(SLURM, &["a"]);
    site.wrap("sbatch", &format!("{DEAD}\nexec REAL \"${{@:1:$#-1}}\" STAGE/dead.sh"));
    let said = finish(site.start("run exp.yaml --json")).expect(1);
    assert!(said.err.contains("refused it without node1"), "{}", said.err);
    assert_eq!(summary(&said)["counts"]["queued"], 1);
    wait_for("no attempt", || (!site.stage.has_attempt("a", 1)).then_some(()));
    site.is_quiet();
}
