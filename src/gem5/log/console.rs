//! What the console of a simulated system says about its end, and about one that will not come.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::ansi::without_escapes;
use super::console_words::{
    Line, is_boot, is_failure, is_oops, is_panic, is_prompt, is_reason_to_wait, is_sign_of_bsd, is_trouble,
    is_unfinished_prompt,
};

/// An oops counts if no more than this many lines follow it; a kernel survives most of them, and then goes on talking.
/// A long trace has about eighty lines.
const OOPS_LINES: usize = 100;

/// A prompt, or why there is one, counts if no more than this many lines with text follow it.
const PROMPT_LINES: usize = 3;

/// A BSD says so many lines behind its panic that it is one.
const BSD_LINES: usize = 8;

/// What has become of a simulated system, as its console tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuestState {
    /// Its kernel has failed; nothing a kernel prints can undo a panic.
    Failed,
    /// It waits for somebody who types, or for what never comes: nobody is there. Or it has shut down.
    Waits,
    /// It said what often explains a bad result, such as that a program cannot be run. It may well go on.
    Troubled,
}

/// What has become of a simulated system and the line that tells it, from the last part of its console (`*.terminal`, `*.device`) or
/// of its message buffer (`*.dmesg`, `src/kern/linux/events.cc`). `None` if nothing is wrong with what is seen of it.
///
/// What a kernel says counts until the next boot.
pub fn guest_word(text: &str) -> Option<(GuestState, String)> {
    // Colours and titles are parts of prompts; a bar that redraws itself is one line.
    let text: Cow<'_, str> = if text.contains('\x1b') { without_escapes(text).into() } else { text.into() };
    let (mut failure, mut trouble, mut of_bsd) = (None::<(usize, &str)>, None, None::<(usize, &str)>);
    for (number, line) in lines(&text).enumerate() {
        let line = without_time(line);
        if is_boot(line) {
            (failure, trouble, of_bsd) = (None, None, None);
        } else if failure.is_some_and(|(_, found)| is_failure(found)) {
            // What follows the first is a consequence.
        } else if is_failure(line) || is_oops(line) {
            failure = Some((number, line));
        } else if line.starts_with("panic: ") {
            of_bsd = Some((number, line));
        } else if is_sign_of_bsd(line) && of_bsd.is_some_and(|(at, _)| number - at <= BSD_LINES) {
            failure = of_bsd;
        } else if is_trouble(line) {
            trouble = Some(line);
        }
    }
    let count = lines(&text).count();
    let is_end =
        |number: usize, line: &str| is_failure(line) || line.starts_with("panic: ") || count - number <= OOPS_LINES;
    if let Some((_, line)) = failure.filter(|(number, line)| is_end(*number, line)) {
        return Some((GuestState::Failed, kept(line)));
    }
    if let Some(line) = waits_at(&text) {
        return Some((GuestState::Waits, kept(line)));
    }
    trouble.map(|line| (GuestState::Troubled, kept(line)))
}

fn waits_at(text: &str) -> Option<&str> {
    let of_this_boot = || lines(text).rev().map(without_time).take_while(|line| !is_boot(line));
    let last = || of_this_boot().filter(|line| !line.is_empty()).take(PROMPT_LINES + 1);
    let reason = last().find(|line| is_reason_to_wait(line)).or_else(|| last().next().filter(|line| is_prompt(line)));
    // Whoever waits has not ended the line.
    let unfinished = || text.rsplit(['\n', '\r']).next().filter(|line| is_unfinished_prompt(line)).map(str::trim_end);
    reason.or_else(unfinished)
}

/// The last panic of a kernel in a text that is none of a console, told by the time in front of it.
pub fn kernel_panic(text: &str) -> Option<String> {
    let is_one = |line: &&str| line.trim_start().starts_with('[') && is_panic(without_time(line));
    lines(text).rev().find(is_one).map(|line| kept(without_time(line)))
}

/// So much of a line as says what it says.
fn kept(line: &str) -> String {
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line)),
        None => line.to_owned(),
    }
}

fn lines(text: &str) -> impl DoubleEndedIterator<Item = Line<'_>> {
    text.split('\n').map(|line| {
        let line = line.trim_end_matches('\r');
        line.rsplit('\r').next().unwrap_or(line)
    })
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
        for (text, line) in [
            (
                "init started: BusyBox v1.15.3\r\n\r\nPlease press Enter to activate this console. ",
                "Please press Enter",
            ),
            ("boot\r\nbash-4.2# ", "bash-4.2#"),
            ("boot\r\n[root@fedora-riscv ~]# ", "[root@fedora-riscv ~]#"),
            ("boot\r\nuser@ubuntu:~$ ", "user@ubuntu:~$"),
            ("boot\r\nroot@(none):/# ", "root@(none):/#"),
            ("boot\r\n# ", "#"),
            ("\x1b]0;root@host: ~\x07\x1b[01;32mroot@host\x1b[00m:\x1b[01;34m~\x1b[00m# ", "root@host:~#"),
            ("Press any key to continue...", "Press any key"),
            ("## Error: \"bootcmd\" not defined\r\n=> ", "=>"),
            ("error: no such partition.\r\ngrub rescue> ", "grub rescue>"),
            ("/dev/sda2: RUN fsck MANUALLY.\r\n\t(i.e., without -a or -p options)\r\n", "/dev/sda2: RUN"),
            ("[   50.0] reboot: System halted\r\n", "reboot: System halted"),
            ("\r[ **  ] (4 of 8) Job x/start running (2min 6s / no limit)", "[ **  ] (4 of 8) Job x/start running"),
        ] {
            let (state, said) = guest_word(text).unwrap_or_else(|| panic!("{text:?}"));
            assert!(state == GuestState::Waits && said.starts_with(line), "{text}: {said}");
        }
        for text in [
            "reboot: Restarting system\r\n[ 0.0] Linux version 6.8\r\n",
            "gem5 login: root (automatic login)\r\n",
            "root@gem5:~# ./bench -n 5",
            "root@gem5:~# ./bench -n 5\r\n",
            "Iteration 5 of 100: 50% ",
            "[=====>      ] 41% ",
            "Number of threads: ",
            "+ echo done #\r\n## Benchmark 1 ##",
            "matrix multiply 1024 ->",
            "# run the benchmark\r\n# m5 resetstats\r\n",
            "the price is 12 $ ",
            "[  OK  ] Started x.\r\n[FAILED] Failed to start Load Kernel Modules.\r\nrunning\r\n",
            "[ *** ] Job x/start running (7s / no limit)",
        ] {
            assert_eq!(guest_word(text), None, "{text:?}");
        }
        for text in ["gem5 login: root\nLast login: today\nrunning the workload\n", "100 % done\n", "# a comment\n"] {
            assert_eq!(guest_word(text), None, "{text}");
        }
        let both = "gem5 login: \n[ 9.1] Kernel panic - not syncing: x\ngem5 login: ";
        assert_eq!(guest_word(both).unwrap().0, GuestState::Failed, "a panic is not undone by a prompt");
    }

    #[test]
    fn systems_that_are_no_linux_fail_in_their_own_words() {
        for (text, line) in [
            ("[00:00:00.010,000] <err> os: >>> ZEPHYR FATAL ERROR 0: CPU exception on CPU 0\r\n", "[00:00:00.010"),
            ("FreeBSD 12\r\npanic: mutex Giant not owned\r\ncpuid = 0\r\nKDB: enter: panic\r\ndb> ", "panic: mutex"),
            (
                "sbi_trap_error: hart0: trap1: illegal instruction\r\nsbi_trap_error: hart0: trap1: mcause=0x2\r\n",
                "sbi_trap_error: hart0: trap1: illegal",
            ),
            (
                "[ 9.1] init: critical process 'zygote' exited 4 times\r\n[ 9.2] reboot: Restarting system\r\n",
                "init: critical",
            ),
        ] {
            assert!(guest_failure(text).unwrap().starts_with(line), "{text}");
        }
        assert_eq!(guest_failure("panic: runtime error: index out of range\r\n\r\ngoroutine 1 [running]:\r\n"), None);
    }

    #[test]
    fn trouble_is_told_and_is_no_end() {
        for line in [
            "after_boot.sh: line 51: /tmp/script: cannot execute binary file: Exec format error",
            "nn[624]: segfault at 0 ip 00007f8 sp 00007ffd error 4",
            "bfs[48]: unhandled signal 4 code 0x1 at 0x16526",
            "Out of memory: Kill process 312 (canneal) score 905",
            "watchdog: BUG: soft lockup - CPU#1 stuck for 22s!",
            "rcu: INFO: rcu_sched self-detected stall on CPU",
            "INFO: task kworker/u8:1:31 blocked for more than 120 seconds.",
        ] {
            let said = guest_word(&format!("[ 21.1] {line}\r\ngoing on\r\n"));
            assert_eq!(said, Some((GuestState::Troubled, line.to_owned())));
            assert_eq!(guest_word(&format!("{line}\r\n[ 0.0] Linux version 6.8\r\n")), None, "the next boot");
        }
    }

    #[test]
    fn a_panic_in_a_log_is_known_by_the_time_of_its_kernel() {
        let text = "[   42.0] Kernel panic - not syncing: Fatal exception\r\r\n[ 42.1] ---[ end ]---\r\n";
        assert_eq!(kernel_panic(text).as_deref(), Some("Kernel panic - not syncing: Fatal exception"));
        assert_eq!(kernel_panic("Kernel panic - not syncing: said by a program\n"), None);
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
