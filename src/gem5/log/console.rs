//! What the console of a simulated system says about its end.

/// An oops counts if no more than this many lines follow it; a kernel survives most of them, and then goes on talking.
/// A long trace has about eighty lines.
const OOPS_LINES: usize = 100;

/// The line with which a simulated Linux failed, from the last part of its console (`*.terminal`, `*.device`) or of its
/// message buffer (`*.dmesg`, `src/kern/linux/events.cc`). `None` if the last that is seen of it is no failure.
///
/// A panic counts until the next boot; nothing a kernel prints can undo it.
pub fn guest_failure(text: &str) -> Option<String> {
    let mut failure: Option<(usize, &str)> = None;
    for (number, line) in text.lines().enumerate() {
        let line = without_time(line);
        if line.starts_with("Linux version ") || line.starts_with("Booting Linux") {
            failure = None;
        } else if is_panic(line) || (is_oops(line) && !failure.is_some_and(|(_, found)| is_panic(found))) {
            failure = Some((number, line));
        }
    }
    let lines = text.lines().count();
    let (number, line) = failure?;
    (is_panic(line) || lines - number <= OOPS_LINES).then(|| line.chars().take(300).collect())
}

fn is_panic(line: &str) -> bool {
    line.starts_with("Kernel panic - not syncing")
}

fn is_oops(line: &str) -> bool {
    const STARTS: [&str; 5] = ["Kernel oops", "Oops: ", "Oops [", "Internal error: Oops", "Unable to handle kernel "];
    STARTS.iter().any(|start| line.starts_with(start)) || line.starts_with("BUG: unable to handle ")
}

/// The line without the time that a kernel puts in front, as in `[    1.234567] `, and without the carriage return of
/// a serial line.
fn without_time(line: &str) -> &str {
    let line = line.trim();
    let stamp = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match stamp {
        Some((time, rest)) if !time.is_empty() && time.chars().all(|c| matches!(c, '0'..='9' | '.' | ' ')) => {
            rest.trim_start()
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_found_with_and_without_a_time() {
        for line in [
            "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b",
            "[    1.734812] Kernel panic - not syncing: VFS: Unable to mount root fs",
        ] {
            let text = format!("Linux version 5.4.49\r\n{line}\r\nCPU: 0 PID: 1\r\n---[ end Kernel panic ]---");
            assert!(guest_failure(&text).unwrap().starts_with("Kernel panic - not syncing: "), "{line}");
        }
    }

    #[test]
    fn an_oops_that_the_system_survived_is_no_failure() {
        let oops = "[ 2.1] Internal error: Oops: 96000045 [#1] SMP\n";
        assert_eq!(guest_failure(oops).as_deref(), Some("Internal error: Oops: 96000045 [#1] SMP"));
        assert_eq!(guest_failure(&(oops.to_owned() + &"going on\n".repeat(200))), None);
        let both = format!("{oops}Kernel panic - not syncing: Fatal exception\n{oops}");
        assert_eq!(guest_failure(&both).as_deref(), Some("Kernel panic - not syncing: Fatal exception"));
    }

    #[test]
    fn a_boot_that_talks_of_panics_is_no_panic() {
        let text = "Command line: panic=1 oops=panic\nKernel panic - not syncing: x\nLinux version 5.4\nlogin: ";
        assert_eq!(guest_failure(text), None);
        assert_eq!(guest_failure("# echo my Kernel panic - not syncing\n"), None);
        assert_eq!(guest_failure(""), None);
    }
}
