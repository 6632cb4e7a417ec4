#!/usr/bin/env python3
"""The clients of six batch systems, as far as the recipes use them. Which one this is its name tells.

A job is a directory: `name`, `pid` once it runs. One process for each job starts it after a while, waits for its end and takes the
directory away. What a client was asked is a line of `asked`. `garbage` has the answer to a submission garbled.
"""
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
JOBS = os.path.join(HERE, "jobs")
CLIENT = os.path.basename(sys.argv[0])
# Long enough for an engine to be killed meanwhile, and to see a job that waits.
DELAY = 0.4


def fail(text, code=1):
    sys.stderr.write(CLIENT + ": " + text + "\n")
    sys.exit(code)


def read(job, what):
    try:
        with open(os.path.join(JOBS, job, what)) as file:
            return file.read()
    except OSError:
        return None


def write(job, what, text):
    path = os.path.join(JOBS, job, what)
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


def jobs():
    """Those that wait or run, with their names."""
    known = [(int(job), read(job, "name")) for job in os.listdir(JOBS)]
    return sorted((job, name) for job, name in known if name is not None)


def running(job):
    """The process of a job; none if it waits."""
    if read(job, "name") is None:
        fail("job %s does not exist" % job)
    pid = read(job, "pid")
    return int(pid) if pid else None


def remove(job):
    directory = os.path.join(JOBS, job)
    try:
        # What has no name is no job any more.
        os.rename(os.path.join(directory, "name"), os.path.join(directory, "over"))
        return True
    except OSError:
        return False


def submit(name, script, log, own_shell=False):
    """A new job, with its number. `own_shell`: the system reads the script, so that it may not be executable."""
    if not os.path.isabs(script) or not os.path.isfile(script):
        fail("there is no " + script)
    if not own_shell and not os.access(script, os.X_OK):
        fail(script + " cannot be executed")
    if not name.startswith("g5-") or not os.path.isdir(os.path.dirname(log)):
        fail("%r or %r is strange" % (name, log))
    job = 0
    while True:
        job += 1
        try:
            os.mkdir(os.path.join(JOBS, str(job)))
            break
        except FileExistsError:
            pass
    write(str(job), "name", name)
    sys.stdout.flush()
    if os.fork() == 0:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nothing, number)
        keep(str(job), script, log, own_shell)
        os._exit(0)
    if os.path.exists(os.path.join(HERE, "garbage")):
        print("the accounting daemon sends its regards")
        sys.exit(0)
    return job


def keep(job, script, log, own_shell):
    time.sleep(DELAY)
    if read(job, "name") is None or not os.path.exists(script):
        return
    argv = ["/bin/sh", script] if own_shell else [script]
    # LSF has a shell around what it runs, so that the script leads no group.
    if CLIENT == "bsub":
        argv = ["/bin/sh", "-c", script + "; exit $?"]
    # Flux has a shell of its own, which leads the group that is signalled, and lets all signals pass.
    is_led = CLIENT == "flux"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTSTP) if is_led else ():
        signal.signal(number, signal.SIG_IGN)
    with open(log, "a") as out:
        quiet = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": out}
        child = subprocess.Popen(argv, cwd="/", start_new_session=not is_led, **quiet)
    write(job, "pid", str(os.getpid() if is_led else child.pid))
    child.wait()
    remove(job)


def tree(pid):
    """A process with all below it, as LSF finds them, whatever sessions they have made."""
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % entry) as file:
                parents[int(entry)] = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            pass
    found = [pid]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def send(job, number, whom):
    """Whether there was anybody: `whom` makes processes, or a group as a negative number, of the first process of a job."""
    pid = running(job)
    if pid is None:
        return False
    for target in whom(pid):
        try:
            os.kill(target, number)
        except OSError:
            pass
    return True


def later(job, number, whom, seconds):
    """The same in a while, unless the job is over by then."""
    if os.fork() == 0:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nothing, descriptor)
        pid, end = running(job), time.time() + seconds
        while read(job, "name") is not None and time.time() < end:
            time.sleep(0.05)
        if read(job, "name") is not None and pid:
            send(job, number, whom)
        os._exit(0)


def alone(pid):
    return [pid]


def group(pid):
    return [-pid]


def options(flags, valued):
    """What is said by options that are known, and the words behind them."""
    said, words = {}, list(sys.argv[1:])
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word == "--":
            break
        key, _, value = word.partition("=")
        if word in flags:
            said[word] = True
        elif key in valued and "=" in word:
            said[key] = value
        elif word in valued and words:
            said.setdefault(word, "")
            said[word] += (" " if said[word] else "") + words.pop(0)
        else:
            fail("unknown option " + word)
    for key, value in said.items():
        if value is not True and (value == "" or "{" in value):
            fail("%s is %r" % (key, value))
    return said, words


def signal_number(name):
    return getattr(signal, "SIG" + name.removeprefix("SIG"))


# ---- HTCondor


def condor_submit():
    words, said = list(sys.argv[1:]), {}
    if "-terse" not in words or words[-2:] != ["-queue", "1"]:
        fail("no job to queue")
    name = words[words.index("-batch-name") + 1]
    for word in words:
        key, equals, value = word.partition("=")
        if equals and not key.startswith("-"):
            said[key.strip()] = value
    if said.pop("universe") != "vanilla" or "{" in "".join(said.values()):
        fail("strange: %r" % said)
    job = submit(name, said["executable"], said["output"])
    print("%d.0 - %d.0" % (job, job))


def condor_q():
    if sys.argv[1:] != ["-af", "ClusterId", "JobBatchName", "HoldReason"]:
        fail("unknown: %r" % sys.argv)
    for job, name in jobs():
        print(job, name, "undefined")


def condor_rm():
    job = sys.argv[1]
    if not send(job, signal.SIGTERM, alone):
        remove(job)
    print("All jobs in cluster %s have been marked for removal" % job)


# ---- Grid Engine and PBS, whose clients have the same names


def qsub():
    if "-terse" in sys.argv:
        flags, valued = ["-terse", "-notify", "-V"], ["-N", "-S", "-wd", "-j", "-o", "-r", "-pe", "-l"]
        said, words = options(flags, valued)
        print(submit(said["-N"], words[0], said["-o"], own_shell=True))
        return
    said, words = options(["-V"], ["-N", "-j", "-o", "-r", "-l"])
    print("%d.head.cluster" % submit(said["-N"], words[0], said["-o"]))


def qstat():
    if sys.argv[1:3] != ["-r", "-u"]:
        fail("unknown: %r" % sys.argv)
    for number, (job, name) in enumerate(jobs()):
        if number == 0:
            print("job-ID  prior   name       user         state submit/start at     queue           slots ja-task-ID")
            print("-" * 100)
        state = "r" if read(str(job), "pid") else "qw"
        print("%7d 0.55500 %-10.10s lab          %-5s 12/24/2026 08:00:00 all.q@node1     %5d" % (job, name, state, 1))
        print("       Full jobname:     %s" % name)
        print("       Hard Resources:   h_rt=900 (0.000000)")


def qselect():
    if sys.argv[1] != "-u" or not sys.argv[2]:
        fail("whose?")
    for job, _ in jobs():
        print("%d.head.clus" % job)


def qsig():
    said, (job,) = options([], ["-s"])
    if not send(job.split(".")[0], signal_number(said["-s"]), group):
        fail("Request invalid for state of job " + job)


def qdel():
    job, is_pbs = sys.argv[1].split(".")[0], "." in sys.argv[1]
    # Grid Engine warns each process, whatever session it has made.
    if send(job, *((signal.SIGTERM, group) if is_pbs else (signal.SIGUSR2, tree))):
        later(job, signal.SIGKILL, group, 10)
    else:
        remove(job)
    if not is_pbs:
        print("lab has deleted job " + job)


# ---- LSF


def bsub():
    said, words = options(["-rn"], ["-J", "-o", "-cwd", "-n", "-R", "-M", "-W"])
    print("Job <%d> is submitted to default queue <normal>." % submit(said["-J"], words[0], said["-o"]))


def bjobs():
    said, _ = options(["-noheader"], ["-o"])
    if not said.get("-noheader") or said["-o"] != "jobid job_name delimiter=' '":
        fail("unknown: %r" % said)
    known = jobs()
    for job, name in known:
        print(job, name)
    if not known:
        fail("No unfinished job found", 255)


def bkill():
    said, (job,) = options([], ["-s"])
    if "-s" in said:
        if not send(job, signal_number(said["-s"]), tree):
            fail("Job <%s>: Job has not started yet" % job)
    elif send(job, signal.SIGINT, tree):
        later(job, signal.SIGKILL, tree, 10)
    else:
        remove(job)
    print("Job <%s> is being terminated" % job)


# ---- Flux


def flux():
    verb = sys.argv.pop(1)
    if verb == "submit":
        said, words = options([], ["--job-name", "--cwd", "--output", "--cores-per-task", "--time-limit"])
        print("ƒ%dq" % submit(said["--job-name"], words[0], said["--output"]))
    elif verb == "jobs":
        if sys.argv[1:] != ["--no-header", "--format={id.f58plain:<16} {name:<70}"]:
            fail("unknown: %r" % sys.argv)
        for job, name in jobs():
            print("%-16s %-70s" % ("f%dq" % job, name))
    elif verb == "job":
        verb = sys.argv.pop(1)
        said, (job,) = options([], ["--signal"])
        if not send(job.strip("ƒfq"), signal_number(said["--signal"]), group):
            fail("job is inactive")
    elif verb == "cancel":
        job = sys.argv[1].strip("ƒfq")
        if send(job, signal.SIGTERM, group):
            later(job, signal.SIGKILL, group, 5)
        else:
            remove(job)


# ---- HyperQueue


def hq():
    verb = sys.argv.pop(1)
    if verb == "submit":
        valued = ["--name", "--cwd", "--stdout", "--stderr", "--directives", "--crash-limit", "--cpus", "--resource"]
        said, words = options([], valued + ["--time-request"])
        job = submit(said["--name"], words[0], said["--stdout"])
        print("Job submitted successfully, job ID: %d" % job)
        return
    verb = sys.argv.pop(1)
    if verb == "list":
        line = "+----+" + "-" * 52 + "+---------+-------+"
        print(line + "\n| ID | %-50s | State   | Tasks |\n" % "Name" + line)
        for job, name in jobs():
            state = "RUNNING" if read(str(job), "pid") else "WAITING"
            print("| %2d | %-50s | %s | %5d |" % (job, name, state, 1))
        print(line)
    elif verb == "cancel":
        job = sys.argv[1]
        if send(job, signal.SIGINT, group):
            later(job, signal.SIGKILL, group, 1)
        else:
            remove(job)
        print("Job %s canceled (1 tasks canceled)" % job)


os.makedirs(JOBS, exist_ok=True)
with open(os.path.join(HERE, "asked"), "a") as asked:
    asked.write(json.dumps([CLIENT] + sys.argv[1:]) + "\n")
{
    "condor_submit": condor_submit,
    "condor_q": condor_q,
    "condor_rm": condor_rm,
    "qsub": qsub,
    "qstat": qstat,
    "qselect": qselect,
    "qsig": qsig,
    "qdel": qdel,
    "bsub": bsub,
    "bjobs": bjobs,
    "bkill": bkill,
    "flux": flux,
    "hq": hq,
}[CLIENT]()
