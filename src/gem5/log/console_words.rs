//! The lines of a console that mean something.

/// One line, without the time in front.
pub(super) type Line<'a> = &'a str;

/// Whether Linux begins: what was said before is of an earlier boot.
pub(super) fn is_boot(line: Line<'_>) -> bool {
    line.starts_with("Linux version ") || line.starts_with("Booting Linux")
}

/// Whether a kernel, a monitor below it or an init says that it cannot go on.
pub(super) fn is_failure(line: Line<'_>) -> bool {
    is_panic(line)
        // Zephyr, OpenSBI, Android.
        || line.contains(">>> ZEPHYR FATAL ERROR")
        || line.starts_with("sbi_trap_error: hart")
        || line.starts_with("init: critical process ")
}

/// Whether Linux says that it cannot go on.
pub(super) fn is_panic(line: Line<'_>) -> bool {
    line.starts_with("Kernel panic - not syncing")
}

/// What a BSD says behind `panic: `, which programs in Go write as well.
pub(super) fn is_sign_of_bsd(line: Line<'_>) -> bool {
    ["KDB: ", "cpuid = ", "db>"].iter().any(|start| line.starts_with(start))
}

pub(super) fn is_oops(line: Line<'_>) -> bool {
    const STARTS: [&str; 7] = [
        "Kernel oops",
        "Oops: ",
        "Oops [",
        "Oops - ",
        "Internal error: Oops",
        "Unable to handle kernel ",
        "BUG: unable to handle ",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}

/// What a kernel or a shell says of a program that did not run as it should, and a kernel of itself. None of it ends a system.
pub(super) fn is_trouble(line: Line<'_>) -> bool {
    const PARTS: [&str; 11] = [
        "Exec format error",
        "cannot execute binary file",
        "error while loading shared libraries: ",
        ": segfault at ",
        "]: unhandled signal ",
        "Segmentation fault",
        "Out of memory: Kill",
        "BUG: soft lockup - CPU#",
        "self-detected stall on CPU",
        "detected stalls on CPUs",
        " blocked for more than ",
    ];
    PARTS.iter().any(|part| line.contains(part)) || line.starts_with("Illegal instruction")
}

/// Why a system has come to a shell and not to its workload, or to its end: those of systemd, of an initial file system, of
/// busybox, of a disk image without gem5's `m5`, and of a kernel that has shut down.
pub(super) fn is_reason_to_wait(line: Line<'_>) -> bool {
    const PARTS: [&str; 17] = [
        "You are in emergency mode",
        "You are in rescue mode",
        "Give root password for maintenance",
        "Dropping to a shell!",
        "/sbin/m5: No such file",
        "/sbin/m5: not found",
        "m5: command not found",
        "m5: not found",
        "can't access tty; job control turned off",
        "Please press Enter to activate this console",
        "Press any key to continue",
        "RUN fsck MANUALLY",
        "reboot: System halted",
        "reboot: Power down",
        "reboot: Restarting system",
        "reboot: machine restart",
        "Entering rescue mode...",
    ];
    PARTS.iter().any(|part| line.contains(part)) || is_endless_job(line)
}

/// systemd's `Job NAME/start running (2min 26s / no limit)`, from a minute on.
fn is_endless_job(line: Line<'_>) -> bool {
    let waited = line.split_once("/start running (").and_then(|(_, rest)| rest.split_once(" / no limit)"));
    let Some((waited, _)) = waited else { return false };
    waited.contains("min") || waited.trim_end_matches('s').parse::<u32>().is_ok_and(|seconds| seconds >= 60)
}

/// Whether the last line asks somebody to type.
pub(super) fn is_prompt(line: Line<'_>) -> bool {
    const ENDS: [&str; 6] = ["login:", "(initramfs)", "Password:", "~#", "/ #", "~ #"];
    ENDS.iter().any(|end| line.ends_with(end))
}

/// Whether a line that has not ended is the prompt of a shell, a boot loader or a debugger. Programs that tell their progress on one
/// line do not end it either.
pub(super) fn is_unfinished_prompt(line: Line<'_>) -> bool {
    const WHOLE: [&str; 6] = ["=>", "db>", "grub>", "grub rescue>", "Shell>", "ddb{0}>"];
    let Some(line) = line.strip_suffix(' ') else { return false };
    if WHOLE.contains(&line) {
        return true;
    }
    let Some(head) = line.strip_suffix(['#', '$']) else { return false };
    // `[user@host directory]`, or words without a blank; of busybox the directory stands before one.
    let is_bracketed = head.starts_with('[') && head.ends_with(']');
    let head = head.strip_suffix(' ').filter(|head| head.ends_with(['~', '/'])).unwrap_or(head);
    is_bracketed || !(head.contains(' ') || head.ends_with('#'))
}
