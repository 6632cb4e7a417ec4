//! Scripts that wait until a test lets them go on.

/// `wait(gate)`, for the beginning of a script: it returns when there is such a file. A test that was killed opens no gate and
/// ends nobody, so a script leaves by itself when the place of the gate is gone, or when nothing was made there for long.
pub(crate) const WAIT: &str = r#"import os, time
def wait(gate):
    place = os.path.dirname(os.path.abspath(gate))
    while not os.path.exists(gate):
        if time.time() - os.stat(place).st_mtime > 600:
            raise SystemExit("nobody opens " + gate)
        time.sleep(0.005)
"#;

/// Says that it is there, waits until the gate is open, says that it leaves, and exits with the code in the gate.
pub(super) const GATE: &str = r#"import sys
name = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
def note(what):
    with open(os.path.join(here, what + "-" + name), "a") as file:
        file.write("%d\n" % os.getpid())
note("entered")
gate = os.path.join(here, "gate-" + name)
wait(gate)
with open(gate) as file:
    code = int(file.read())
note("left")
sys.exit(code)
"#;

/// One simulation of an experiment of gates.
pub(crate) fn gate(name: &str, more: &str) -> String {
    format!("  - {{name: {name}, script: gate.py, args: [{name}]{more}}}\n")
}
