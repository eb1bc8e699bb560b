// The parts that need no container: patterns, modes, users, JSON, logs, the filter.
import Testing

@testable import Sandbox

@Suite struct `Source patterns` {
    // Go: filepath.Match's own table, without what crosses a slash.
    @Test(arguments: [
        ("abc", "abc", true), ("*", "abc", true), ("*c", "abc", true), ("a*", "a", true), ("a*", "abc", true),
        ("a*b*c*d*e*", "axbxcxdxe", true), ("a*b?c*x", "abxbbxdbxebxczzx", true),
        ("a*b?c*x", "abxbbxdbxebxczzy", false),
        ("ab[c]", "abc", true), ("ab[b-d]", "abc", true), ("ab[e-g]", "abc", false), ("ab[^c]", "abc", false),
        ("ab[^e-g]", "abc", true), ("a\\*b", "a*b", true), ("a\\*b", "ab", false), ("a?b", "a☺b", true),
        ("a[^a]b", "a☺b", true), ("a???b", "a☺b", false), ("[a-ζ]*", "α", true), ("*[a-ζ]", "A", false),
        ("[\\]a]", "]", true), ("[\\-]", "-", true), ("[x\\-]", "x", true), ("[x\\-]", "z", false), ("*x", "xxx", true),
        ("", "", true), ("", "a", false),
    ]) func `match as Go's`(_ pattern: String, _ name: String, _ matches: Bool) throws {
        #expect(try PathPattern(pattern).matches(name) == matches)
    }

    @Test(arguments: ["[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[", "[^", "[^bc", "a[", "\\", "[z-a]"])
    func `that make no sense are errors`(_ pattern: String) {
        #expect(throws: SandboxError.self) { try PathPattern(pattern) }
    }

    @Test func `of many stars stay fast`() throws {
        let pattern = try PathPattern(String(repeating: "*a", count: 500) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 5000)))
    }

    @Test(arguments: [
        ("a/b/c", ["a"], true), ("a/b/c", ["a", "b"], true), ("a/b/c", ["b"], false), ("a/b/c", ["a", "x"], false),
        ("a/*/c", ["a", "x", "y"], true), ("*/c", ["x"], true), ("a\\*/c", ["x"], true), ("./a", ["x"], true),
    ]) func `of trees know where nothing can match`(_ pattern: String, _ names: [String], _ mayMatch: Bool) throws {
        #expect(try TreePattern(pattern) { _ in { _ in false } }.mayMatch(below: names) == mayMatch)
    }
}

@Suite struct `File modes` {
    @Test(arguments: [
        ("644", 0o755, false, 0o644), ("4755", 0o600, false, 0o4755), ("u=rwX,go=rX", 0o600, false, 0o644),
        ("u=rwX,go=rX", 0o700, false, 0o755), ("u=rwX,go=rX", 0o600, true, 0o755), ("+x", 0o644, false, 0o755),
        ("a-w", 0o777, false, 0o555), ("go=", 0o777, false, 0o700), ("g=u", 0o740, false, 0o770),
        ("u+s", 0o755, false, 0o4755), ("+t", 0o777, true, 0o1777), ("u=rw,go=r", 0o4777, false, 0o644),
        ("go=u-w", 0o700, false, 0o755), ("u-x+w", 0o555, false, 0o655), ("g+s,o-rwx", 0o755, true, 0o2750),
    ]) func `change as chmod says`(_ text: String, _ mode: UInt32, _ isDirectory: Bool, _ wanted: UInt32) throws {
        #expect(try FileModeChange(text).apply(to: mode, isDirectory: isDirectory) == wanted)
    }

    @Test(arguments: ["", "8", "10000", "99999999999999999999", "u", "u=q", "rw", "u=r,", "u r", "07778", "-1x"])
    func `that make no sense are errors`(_ text: String) {
        #expect(throws: SandboxError.self) { try FileModeChange(text) }
    }
}

@Suite struct `Accounts of an image` {
    private let accounts = Accounts(
        passwd: "# comment\nroot:x:0:0:root:/root:/bin/sh\nbroken\napp:x:1000:1001::/srv/app:/bin/sh\n1002:x:7:7::/:\n"
            + "reserved:x:4294967295:4294967295::/:\n",
        group: "root:x:0:app\napp:x:1001:\nwheel:x:10:root,app\n")

    @Test func `resolve users as Docker does`() throws {
        #expect(try accounts.stepUser("") == StepUser(uid: 0, gid: 0, groups: [10], home: "/root"))
        #expect(try accounts.stepUser("app") == StepUser(uid: 1000, gid: 1001, groups: [0, 10], home: "/srv/app"))
        #expect(try accounts.stepUser("1000") == StepUser(uid: 1000, gid: 1001, groups: [0, 10], home: "/srv/app"))
        #expect(try accounts.stepUser("app:wheel") == StepUser(uid: 1000, gid: 10, groups: [], home: "/srv/app"))
        #expect(try accounts.stepUser("1000:5") == StepUser(uid: 1000, gid: 5, groups: [], home: "/srv/app"))
        #expect(try accounts.stepUser("1002") == StepUser(uid: 1002, gid: 0, groups: [], home: "/"))
        #expect(try accounts.stepUser("2147483647:1").uid == 2_147_483_647)
        #expect(try accounts.stepUser("app").allGroups == [1001, 0, 10])
        let empty = Accounts(passwd: "", group: "")
        #expect(try empty.stepUser("") == StepUser(uid: 0, gid: 0))
        #expect(try empty.stepUser("root:root") == StepUser(uid: 0, gid: 0))
    }

    @Test(arguments: [
        "nobody", "app:none", "-1", "4294967296", "app:-1", "4294967295", "2147483648", "app:4294967295",
        "0:4294967295",
        "reserved",
    ]) func `refuse who is not there`(
        _ text: String
    ) {
        #expect(throws: SandboxError.self) { try accounts.stepUser(text) }
    }

    @Test func `resolve owners as --chown does`() throws {
        #expect(try accounts.owner("55") == FileOwner(uid: 55, gid: 55))
        #expect(try accounts.owner("55:app") == FileOwner(uid: 55, gid: 1001))
        #expect(try accounts.owner("app") == FileOwner(uid: 1000, gid: 1001))
        #expect(try accounts.owner("app:9") == FileOwner(uid: 1000, gid: 9))
        #expect(try accounts.owner(":wheel") == FileOwner(uid: 0, gid: 10))
        // As BuildKit does where the image has account files: an unknown user is root, an unknown group the user's own.
        #expect(try accounts.owner("nobody") == FileOwner(uid: 0, gid: 0))
        #expect(try accounts.owner("app:none") == FileOwner(uid: 1000, gid: 1001))
        #expect(throws: SandboxError.self) { try accounts.owner("4294967295") }
        #expect(throws: SandboxError.self) { try accounts.owner("1:4294967295") }
    }

    @Test func `without the files names are root, and on nothing they are refused`() throws {
        let bare = Accounts(passwd: "", group: "")
        #expect(try bare.owner("app:app") == .root)
        #expect(try bare.owner("5:app") == FileOwner(uid: 5, gid: 5))
        let nothing = Accounts(passwd: "", group: "", isOnNothing: true)
        #expect(try nothing.owner("root") == .root)
        #expect(try nothing.owner("root:root") == .root)
        #expect(try nothing.owner("5:root") == FileOwner(uid: 5, gid: 0))
        #expect(throws: SandboxError.self) { try nothing.owner("app") }
        #expect(throws: SandboxError.self) { try nothing.owner("0:app") }
    }

    @Test func `may have the lines of another system`() throws {
        let foreign = Accounts(
            passwd: "root:x:0:0::/:/bin/sh\r\n \tapp:x:1000:1001::/srv/app:/bin/sh\r\n\r\n# x\r\n",
            group: "root:x:0:\r\napp:x:1001:\r\nwheel:x:10:root,app\r\n")
        #expect(try foreign.owner("app:wheel") == FileOwner(uid: 1000, gid: 10))
        #expect(try foreign.stepUser("app") == StepUser(uid: 1000, gid: 1001, groups: [10], home: "/srv/app"))
    }
}

@Suite struct `Texts for and from a runtime` {
    @Test func `JSON escapes what it must`() {
        let json = JSON.object([("a\"b", .list(["x\\y\n\u{1}", 7, true])), ("é", .object([]))])
        #expect(String(decoding: json.bytes, as: UTF8.self) == #"{"a\"b":["x\\y\u000a\u0001",7,true],"é":{}}"#)
    }

    @Test func `a log's last error is found`() {
        let log = """
            {"level":"debug","msg":"fine","time":"2026-11-21T00:00:00Z"}
            {"level":"error","msg":"exec: \\"/bin/x\\": stat /bin/x: no such file or directory","time":"x"}

            """
        #expect(RuntimeLog.failure("", program: "/bin/x", runtime: "runc") == nil)
        #expect(RuntimeLog.failure("{\"level\":\"warning\",\"msg\":\"m\"}", program: "x", runtime: "runc") == nil)
        guard case .image(let text)? = RuntimeLog.failure(log, program: "/bin/x", runtime: "runc") else {
            Issue.record("no error found")
            return
        }
        #expect(text.hasPrefix("exec /bin/x: no such file or directory"))
        let other = RuntimeLog.failure(#"{"msg":"a \"b\"","level":"error"}"#, program: "x", runtime: "crun")
        #expect(other == .runtime("crun could not run the step: a \"b\""))
    }

    @Test(arguments: ["{\"msg\":\"", "\"", "{{{\"\\", "{\"level\":\"error\",\"msg\":7}"])
    func `a broken log is no error`(_ log: String) {
        #expect(RuntimeLog.failure(log, program: "x", runtime: "runc") == nil)
    }

    @Test func `the filter lets nothing through that Docker's stops`() {
        let text = String(decoding: SeccompProfile.json(devices: true).bytes, as: UTF8.self)
        for name in [
            "mount", "umount2", "unshare", "setns", "bpf", "keyctl", "add_key", "init_module", "kexec_load",
            "reboot", "swapon", "io_uring_setup", "userfaultfd", "open_by_handle_at", "perf_event_open", "pivot_root",
            "settimeofday", "quotactl", "syslog", "iopl", "open_tree", "move_mount", "fsopen",
        ] { #expect(!text.contains("\"\(name)\""), "\(name)") }
        for name in ["openat", "clone", "chroot", "ptrace", "socket", "personality", "mknod", "clone3"] {
            #expect(text.contains("\"\(name)\""), "\(name)")
        }
        #expect(text.contains(#""value":2114060288"#))
    }

    @Test func `ids, host names and variables of strangers are checked`() throws {
        var request = RunRequest(rootfs: "/", workDirectory: "/", stateRoot: "/", id: "x", arguments: ["true"])
        try request.check()
        for id in ["", "../x", "a/b", "-x", String(repeating: "a", count: 65), "a.b"] {
            request.id = id
            #expect(throws: SandboxError.self) { try request.check() }
        }
        request.id = "x"
        for name in ["", "a b", "a\nb", String(repeating: "a", count: 64)] {
            request.hostname = name
            #expect(throws: SandboxError.self) { try request.check() }
        }
        request.hostname = "x"
        request.extraHosts = [ExtraHost(address: "1.2.3.4", name: "a"), ExtraHost(address: "::1", name: "b.c")]
        try request.check()
        for (address, name) in [
            ("1.2.3.4\nevil", "a"), ("host-gateway", "a"), ("", "a"), ("1.2.3", "a"), ("1.2.3.4", ""), ("::1", "a b"),
        ] {
            request.extraHosts = [ExtraHost(address: address, name: name)]
            #expect(throws: SandboxError.self) { try request.check() }
        }
    }

    @Test func `what is wrong with a variable doesn't show its value`() {
        var request = RunRequest(rootfs: "/", workDirectory: "/", stateRoot: "/", id: "x", arguments: ["true"])
        for value in ["hush\0", "\u{301}hush\0", "hush" + String(repeating: "x", count: 200_000)] {
            for path in [\RunRequest.environment, \RunRequest.secretEnvironment] {
                request[keyPath: path] = ["TOKEN=" + value]
                let error = #expect(throws: SandboxError.self) { try request.check() }
                #expect(error?.description.contains("TOKEN") == true)
                #expect(error?.description.contains("hush") == false)
                request[keyPath: path] = []
            }
        }
    }

    @Test func `a runtime that is none is named`() {
        for (preferred, words) in [
            ("/bin/true", "neither crun nor runc"), ("nowhere", "not on PATH"), ("/etc", "can't be started"),
        ] {
            let error = #expect(throws: SandboxError.self) { try Runtime.probe(preferred: preferred) }
            #expect(error?.description.contains(words) == true)
        }
    }
}

@Suite struct `Base64 text` {
    // RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]) func `is the standard's`(_ text: String, _ encoded: String) {
        #expect(Sandbox.Base64.text(Array(text.utf8)) == encoded)
    }
}
