//! Commands in front of gem5 that start it where the paths of this host mean something else, or nothing. Pure.
//!
//! The awkward truth: what is found at gem5's path here then is another file than the one that runs, so nothing is said of it
//! rather than something wrong. Who starts gem5 so is known by name; a script that hides one of these is taken at its word.

/// Programs that start what they are given in a container, below another root or on another host.
const ELSEWHERE: [&str; 17] = [
    "apptainer",
    "bwrap",
    "ch-run",
    "chroot",
    "ctr",
    "distrobox",
    "docker",
    "enroot",
    "kubectl",
    "nerdctl",
    "podman",
    "shifter",
    "singularity",
    "ssh",
    "systemd-nspawn",
    "toolbox",
    "udocker",
];

/// Those that are clients of somebody who starts it, so that no process of this host hangs together with theirs.
const CLIENTS: [&str; 8] = ["ctr", "distrobox", "docker", "kubectl", "nerdctl", "podman", "ssh", "toolbox"];

/// Those that show nothing of this host's files unless they are told to.
const SHOW_NOTHING: [&str; 3] = ["docker", "nerdctl", "podman"];

/// Beginnings of options that show files of this host in a container.
const MOUNTS: [&str; 3] = ["-v", "--volume", "--mount"];

/// The program among the words in front of gem5 that starts it elsewhere.
pub fn elsewhere(prefix: &[String]) -> Option<&str> {
    prefix.iter().find_map(|word| {
        let name = word.rsplit('/').next().unwrap_or_default();
        ELSEWHERE.into_iter().find(|known| *known == name)
    })
}

/// The program among the words in front of gem5 that only asks somebody else to start it: what stops the one may not stop the other.
pub fn client(prefix: &[String]) -> Option<&str> {
    elsewhere(prefix).filter(|name| CLIENTS.contains(name))
}

/// Whether what gem5 writes stays in a container: nothing of this host is mounted there.
pub(super) fn mounts_nothing(prefix: &[String]) -> bool {
    let runs = prefix.iter().any(|word| word == "run");
    let mounts = |word: &String| MOUNTS.into_iter().any(|option| word.starts_with(option));
    runs && elsewhere(prefix).is_some_and(|name| SHOW_NOTHING.contains(&name)) && !prefix.iter().any(mounts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_container_and_another_host_are_elsewhere_and_a_wrapper_is_not() {
        let of = |line| elsewhere(&words(line)).map(str::to_owned);
        assert_eq!(of("sudo /usr/bin/docker run --rm img").as_deref(), Some("docker"));
        assert_eq!(of("taskset -c 0-3 apptainer exec gem5.sif").as_deref(), Some("apptainer"));
        assert_eq!(of("ssh node7").as_deref(), Some("ssh"));
        assert_eq!(client(&words("docker run img")), Some("docker"));
        assert_eq!(client(&words("apptainer exec gem5.sif")), None, "it becomes gem5 itself");
        for here in ["", "perf stat", "numactl -N 0", "/lab/docker-like/wrap.sh", "nice"] {
            assert_eq!(of(here), None, "{here}");
        }
    }

    #[test]
    fn a_container_that_shows_no_directory_is_told_from_one_that_does() {
        assert!(mounts_nothing(&words("docker run --rm img")));
        for mounted in ["docker run -v /a:/a img", "podman run --mount type=bind img", "docker exec box", "ssh node7"] {
            assert!(!mounts_nothing(&words(mounted)), "{mounted}");
        }
    }
}
