//! What the console of a simulated system says about its end, and about one that will not come.

use serde::{Deserialize, Serialize};

/// An oops counts if no more than this many lines follow it; a kernel survives most of them, and then goes on talking.
/// A long trace has about eighty lines.
const OOPS_LINES: usize = 100;

/// What has become of a simulated system, as its console tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuestState {
    /// Its kernel has failed; nothing a kernel prints can undo a panic.
    Failed,
    /// It waits for somebody who types, or for what never comes: nobody is there.
    Waits,
}

/// A prompt, or why there is one, counts if no more than this many lines with text follow it.
const PROMPT_LINES: usize = 3;

/// What has become of a simulated Linux and the line that tells it, from the last part of its console (`*.terminal`, `*.device`) or
/// of its message buffer (`*.dmesg`, `src/kern/linux/events.cc`). `None` if nothing is wrong with what is seen of it.
///
/// A panic counts until the next boot.
pub fn guest_word(text: &str) -> Option<(GuestState, String)> {
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
    let failed = failure.filter(|(number, line)| is_panic(line) || lines - number <= OOPS_LINES);
    let kept = |line: &str| match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line)),
        None => line.to_owned(),
    };
    if let Some((_, line)) = failed {
        return Some((GuestState::Failed, kept(line)));
    }
    let last = || text.lines().rev().map(without_time).filter(|line| !line.is_empty()).take(PROMPT_LINES + 1);
    let reason =
        last().find(|line| is_reason_to_wait(line)).or_else(|| last().next().filter(|line| is_prompt(line)))?;
    Some((GuestState::Waits, kept(reason)))
}

/// Why a system has come to a shell and not to its workload: those of systemd, of an initial file system, and of a disk image
/// without gem5's `m5`.
fn is_reason_to_wait(line: &str) -> bool {
    const PARTS: [&str; 9] = [
        "You are in emergency mode",
        "You are in rescue mode",
        "Give root password for maintenance",
        "Dropping to a shell!",
        "/sbin/m5: No such file",
        "/sbin/m5: not found",
        "m5: command not found",
        "m5: not found",
        "can't access tty; job control turned off",
    ];
    PARTS.iter().any(|part| line.contains(part))
}

/// Whether the last line asks somebody to type.
fn is_prompt(line: &str) -> bool {
    const ENDS: [&str; 6] = ["login:", "(initramfs)", "Password:", "~#", "/ #", "~ #"];
    ENDS.iter().any(|end| line.ends_with(end))
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

    fn guest_failure(text: &str) -> Option<String> {
        guest_word(text).filter(|(state, _)| *state == GuestState::Failed).map(|(_, line)| line)
    }

    #[test]
    fn a_system_that_waits_for_somebody_who_types_is_known_by_its_last_words() {
        let waits = [
            (
                "You are in emergency mode. After logging in, type \"journalctl -xb\" to view\r\nGive root password for maintenance\r\n(or press Control-D to continue): ",
                "Give root password",
            ),
            (
                "ALERT!  /dev/sda1 does not exist.  Dropping to a shell!\r\n\r\nBusyBox v1.30.1 built-in shell (ash)\r\n(initramfs) ",
                "ALERT!",
            ),
            (
                "/root/runscript.sh: line 3: /sbin/m5: No such file or directory\r\nroot@gem5-host:~# ",
                "/root/runscript.sh",
            ),
            ("Ubuntu 22.04 LTS gem5 ttyS0\r\n\r\ngem5 login: ", "gem5 login:"),
            ("[    3.1] boot\n/ # ", "/ #"),
        ];
        for (text, line) in waits {
            let (state, said) = guest_word(text).unwrap();
            assert!(state == GuestState::Waits && said.starts_with(line), "{text}: {said}");
        }
        for text in ["gem5 login: root\nLast login: today\nrunning the workload\n", "100 % done\n", "# a comment\n"] {
            assert_eq!(guest_word(text), None, "{text}");
        }
        let both = "gem5 login: \n[ 9.1] Kernel panic - not syncing: x\ngem5 login: ";
        assert_eq!(guest_word(both).unwrap().0, GuestState::Failed, "a panic is not undone by a prompt");
    }

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
