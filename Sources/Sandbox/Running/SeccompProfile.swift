// Docker's default seccomp profile, for the one set of capabilities that a step has.

/// System calls that a step may make. Rules of Docker's profile that depend on capabilities are decided already: a step
/// has CAP_SYS_CHROOT, and none of SYS_ADMIN, SYS_BOOT, SYS_MODULE, SYS_PTRACE, SYS_TIME and the like. Runtimes skip
/// names that their libseccomp does not know.
enum SeccompProfile {
    /// Allowed whatever the arguments: files, memory, signals, sockets' data, processes, waiting. Not here: mounts,
    /// namespaces, keys, modules, tracing of kernels, io_uring, userfaultfd.
    private static let always = """
        _llseek _newselect accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod
        chown chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime
        clock_gettime64 clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat
        dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
        epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64
        fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl
        fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs
        fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake
        futimesat get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 geteuid
        geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid
        getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit getrusage getsid getsockname
        getsockopt gettid gettimeofday getuid getuid32 getxattr getxattrat inotify_add_watch inotify_init
        inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64
        io_setup io_submit ioctl ioprio_get ioprio_set ipc kill landlock_add_rule landlock_create_ruleset
        landlock_restrict_self lchown lchown32 lgetxattr link linkat listen listmount listxattr listxattrat
        llistxattr lremovexattr lseek lsetxattr lstat lstat64 madvise map_shadow_stack membarrier memfd_create
        memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mprotect mq_getsetattr
        mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink
        mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep
        newfstatat open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free
        pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6
        pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom
        recvmmsg recvmmsg_time64 recvmsg remap_file_pages removexattr removexattrat rename renameat renameat2
        restart_syscall riscv_hwprobe rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
        rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
        sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
        sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr
        sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop
        semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list set_thread_area
        set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer
        setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32
        setrlimit setsid setsockopt setuid setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown
        sigaltstack signalfd signalfd4 sigprocmask sigreturn socketcall socketpair splice stat stat64 statfs
        statfs64 statmount statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time
        timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64
        timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate
        truncate64 ugetrlimit umask uname unlink unlinkat uretprobe utime utimensat utimensat_time64 utimes
        vfork vmsplice wait4 waitid waitpid write writev
        chroot process_vm_readv process_vm_writev ptrace
        """

    private static let onThisMachine: (names: String, architectures: [String]) = {
        #if arch(x86_64)
            ("arch_prctl modify_ldt", ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])
        #elseif arch(arm64)
            (
                "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2",
                ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
            )
        #else
            #error("the seccomp profile has no rules for this architecture")
        #endif
    }()

    private static let notPermitted: Int64 = 1
    private static let notImplemented: Int64 = 38

    /// personality(2) values: Linux, Linux of 32 bits (UNAME26 and both), and "what is it now".
    private static let personalities: [Int64] = [0, 8, 0x20000, 0x20008, 0xffff_ffff]

    /// Socket families: everything but AF_ALG (38), the kernel's crypto, and AF_VSOCK (40), the way to the hypervisor.
    private static let families: [(value: Int64, comparison: String)] = [
        (38, "SCMP_CMP_LT"), (39, "SCMP_CMP_EQ"), (40, "SCMP_CMP_GT"),
    ]

    /// CLONE_NEW of mount, cgroup, UTS, IPC, user, PID and network namespaces, none of which a step may make.
    private static let namespaceFlags: Int64 = 0x7e02_0000

    /// S_IFMT of what a step may make with mknod where nothing else keeps it from devices: plain files (also as 0),
    /// fifos, sockets.
    private static let harmlessTypes: [Int64] = [0, 0o010000, 0o100000, 0o140000]
    private static let typeMask: Int64 = 0o170000

    /// `linux.seccomp` of the runtime's config. Without `devices` a step can make no device files: for hosts on which
    /// the runtime can't filter their use.
    static func json(devices: Bool) -> JSON { devices ? docker : withoutDevices }

    private static let docker = profile(devices: true)
    private static let withoutDevices = profile(devices: false)

    private static func profile(devices: Bool) -> JSON {
        let plain = names(always).filter { devices || $0 != "mknod" && $0 != "mknodat" }
        var rules = [rule(plain + names(onThisMachine.names))]
        for type in devices ? [] : harmlessTypes {
            rules.append(rule(["mknod"], argument(1, typeMask, "SCMP_CMP_MASKED_EQ", second: type)))
            rules.append(rule(["mknodat"], argument(2, typeMask, "SCMP_CMP_MASKED_EQ", second: type)))
        }
        rules += personalities.map { rule(["personality"], argument(0, $0, "SCMP_CMP_EQ")) }
        rules += families.map { rule(["socket"], argument(0, $0.value, $0.comparison)) }
        rules.append(rule(["clone"], argument(0, namespaceFlags, "SCMP_CMP_MASKED_EQ", second: 0)))
        // clone3's flags lie in memory, where no filter sees them: "not implemented" makes libc fall back to clone.
        rules.append(
            .object([
                ("names", .texts(["clone3"])), ("action", "SCMP_ACT_ERRNO"), ("errnoRet", .number(notImplemented)),
            ]))
        return .object([
            ("defaultAction", "SCMP_ACT_ERRNO"), ("defaultErrnoRet", .number(notPermitted)),
            ("architectures", .texts(onThisMachine.architectures)), ("syscalls", .list(rules)),
        ])
    }

    static func names(_ text: String) -> [String] { text.split { $0 == " " || $0 == "\n" }.map(String.init) }

    private static func rule(_ names: [String], _ argument: JSON? = nil) -> JSON {
        let members: [(String, JSON)] = [("names", .texts(names)), ("action", "SCMP_ACT_ALLOW")]
        return .object(members + (argument.map { [("args", .list([$0]))] } ?? []))
    }

    private static func argument(_ index: Int64, _ value: Int64, _ comparison: String, second: Int64? = nil) -> JSON {
        let members: [(String, JSON)] = [
            ("index", .number(index)), ("value", .number(value)), ("op", .text(comparison)),
        ]
        return .object(members + (second.map { [("valueTwo", .number($0))] } ?? []))
    }
}
