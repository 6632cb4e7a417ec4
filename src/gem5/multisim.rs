//! The list of simulations that a script of `gem5.utils.multisim` prints.

/// The ids that `gem5 SCRIPT --list` printed on its standard output, one on a line of its own behind the banner. Other
/// lines, such as `info:` messages, are passed over.
pub(crate) fn ids(stdout: &str) -> Vec<String> {
    // The banner ends with the command line (`src/python/m5/main.py`); `-q` drops it.
    let after_banner = stdout.lines().position(|line| line.starts_with("command line: ")).map_or(0, |line| line + 1);
    stdout.lines().skip(after_banner).map(str::trim_end).filter(|line| is_id(line)).map(str::to_owned).collect()
}

/// The rule of `Simulator.set_id` (`src/python/gem5/simulate/simulator.py`): a letter first, a letter or digit last,
/// `-` and `_` also in between.
fn is_id(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_alphabetic())
        && line.ends_with(|c: char| c.is_ascii_alphanumeric())
        && line.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANNER: &str = "gem5 Simulator System.  https://www.gem5.org\n\
        gem5 is copyrighted software; use the --copyright option for details.\n\n\
        gem5 version 24.0.0.1\ngem5 compiled Nov 22 2026 18:33:59\ngem5 started Nov 22 2026 18:49:27\n\
        gem5 executing on simhost, pid 13423\ncommand line: gem5.opt ms.py --list\n\n";

    #[test]
    fn every_id_after_the_banner_is_taken_and_noise_is_not() {
        let text = format!(
            "{BANNER}info: Standard input is not a terminal, disabling listeners.\nl1-8KiB\nl1-16KiB\r\n\nx\nwarn: y\n-z\nz_\n"
        );
        assert_eq!(ids(&text), ["l1-8KiB", "l1-16KiB", "x"]);
    }

    #[test]
    fn a_script_without_simulations_lists_none() {
        assert_eq!(ids(BANNER), [""; 0]);
        assert_eq!(ids(""), [""; 0]);
        assert_eq!(ids("boot\n"), ["boot"]);
    }
}
