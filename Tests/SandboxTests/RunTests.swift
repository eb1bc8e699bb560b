// Steps in real containers: what they see, what they may, and how they end.
import Testing

@testable import Sandbox

@Suite(.enabled(if: Ground.isReady, Ground.need)) struct `A step` {
    @Test(arguments: Ground.runtimes) func `gives its exit code and its output in order`(_ name: String) async throws {
        let step = try StepWorld(name)
        let result = try await step.run("echo one; echo two; echo wrong >&2; exit 7")
        #expect(result.outcome == RunOutcome(exitCode: 7, outOfMemory: false))
        #expect(result.output == "one\ntwo\n")
        #expect(result.error == "wrong\n")
        #expect(try step.containers().isEmpty)
        #expect(try step.world.tree("run").isEmpty)
    }

    @Test(arguments: Ground.runtimes) func `that a signal ends says so as shells do`(_ name: String) async throws {
        let step = try StepWorld(name)
        let result = try await step.run("sh -c 'kill -9 $$'; exit $?")
        #expect(result.outcome.exitCode == 137)
        #expect(result.outcome.signal == 9)
    }

    @Test(arguments: Ground.runtimes) func `loses none of a long output`(_ name: String) async throws {
        let step = try StepWorld(name)
        let result = try await step.run("yes 0123456789abcde | head -c 4194304")
        #expect(result.output.utf8.count == 4 << 20)
    }

    @Test(arguments: Ground.runtimes) func `gets its variables, and PATH and HOME`(_ name: String) async throws {
        let step = try StepWorld(name) { try $0.write("lower/etc/passwd", "root:x:0:0::/root:/bin/sh\n") }
        let result = try await step.run("echo \"$A|$HOME|$PATH\"") { $0.environment = ["A=x y\"z\\"] }
        #expect(
            result.output
                == "x y\"z\\|/root|/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n")
    }

    @Test(arguments: Ground.runtimes) func `starts in its directory, which is made for its user`(_ name: String)
        async throws
    {
        let step = try StepWorld(name) { try $0.link("lower/srv", to: "/data") }
        let result = try await step.run("pwd; stat -c %u:%g:%a .") {
            $0.workingDirectory = "/srv/a/b"
            $0.user = "7:8"
        }
        #expect(result.output == "/data/a/b\n7:8:755\n")
    }

    @Test(arguments: Ground.runtimes) func `runs as the image's user with its groups`(_ name: String) async throws {
        let step = try StepWorld(name) {
            try $0.write("lower/etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n")
            try $0.write("lower/etc/group", "root:x:0:\napp:x:1001:\ndocker:x:2000:app,other\ndisk:x:6:other\n")
        }
        let named = try await step.run("id -u; id -g; grep Groups /proc/self/status; echo $HOME") { $0.user = "app" }
        #expect(named.output == "1000\n1001\nGroups:\t1001 2000 \n/home/app\n")
        let grouped = try await step.run("id -u; id -g; grep Groups /proc/self/status") { $0.user = "app:disk" }
        #expect(grouped.output == "1000\n6\nGroups:\t6 \n")
    }

    @Test(arguments: Ground.runtimes) func `has Docker's capabilities and filters`(_ name: String) async throws {
        let step = try StepWorld(name)
        let root = try await step.run("grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):' /proc/self/status")
        let docker = "00000000a80425fb"
        #expect(
            root.output
                == """
                CapInh:\t0000000000000000
                CapPrm:\t\(docker)
                CapEff:\t\(docker)
                CapBnd:\t\(docker)
                CapAmb:\t0000000000000000
                NoNewPrivs:\t1
                Seccomp:\t2

                """)
        let user = try await step.run("grep -E '^Cap(Prm|Eff|Amb)' /proc/self/status") { $0.user = "1:1" }
        #expect(user.output.split(separator: "\n").allSatisfy { $0.hasSuffix("0000000000000000") })
    }

    @Test(arguments: Ground.runtimes) func `can make no namespace, but chroot`(_ name: String) async throws {
        let step = try StepWorld(name)
        let result = try await step.run("unshare -m true; echo $?; unshare -U true; echo $?; chroot / true; echo $?")
        #expect(result.output == "1\n1\n0\n")
    }

    @Test(arguments: Ground.runtimes) func `sees masked and read-only paths`(_ name: String) async throws {
        let step = try StepWorld(name)
        let result = try await step.run(
            "cat /proc/keys | wc -c; ls /sys/firmware | wc -l; head -c1 /proc/kcore | wc -c; "
                + "(echo 1 > /proc/sys/kernel/sysrq) 2>/dev/null || echo refused; "
                + "(mkdir /sys/fs/cgroup/x) 2>/dev/null || echo refused")
        #expect(result.output == "0\n0\n0\nrefused\nrefused\n")
    }

    @Test(arguments: Ground.runtimes) func `reaches no device of the host`(_ name: String) async throws {
        let step = try StepWorld(name)
        let disk = try #require(try Kernel.status("/", at: Kernel.workingDirectory)).device
        let (major, minor) = (disk >> 8 & 0xfff, disk & 0xff)
        let result = try await step.run(
            "mknod /tmp/disk b \(major) \(minor) && (head -c1 /tmp/disk >/dev/null) 2>/dev/null || echo refused; "
                + "ls /dev | grep -c -E '^(vd|sd|nvme|mem|kmsg)'")
        #expect(result.output == "refused\n0\n")
    }

    @Test(arguments: Ground.runtimes) func `inherits no descriptor`(_ name: String) async throws {
        let step = try StepWorld(name)
        let leaked = try LeakedDescriptor()
        let result = try await step.run("ls /proc/1/fd; true")
        #expect(result.output == "0\n1\n2\n")
        withExtendedLifetime(leaked) {}
    }

    @Test(arguments: Ground.runtimes) func `without network has a loopback only`(_ name: String) async throws {
        let step = try StepWorld(name)
        let count = "cat /proc/net/dev | grep -c :"
        let none = try await step.run("grep -c lo: /proc/net/dev; \(count)") { $0.network = .none }
        #expect(none.output == "1\n1\n")
        let here = try #require(try RootDirectory(path: "/proc").read("self/net/dev")).split(separator: 10)
        let host = try await step.run(count)
        #expect(host.output == "\(here.filter { $0.contains(58) }.count)\n")
    }

    @Test(arguments: Ground.runtimes) func `finds BuildKit's names of hosts`(_ name: String) async throws {
        let step = try StepWorld(name)
        let result = try await step.run("hostname; cat /etc/hosts") {
            $0.extraHosts = [ExtraHost(address: "10.0.0.9", name: "db")]
        }
        #expect(
            result.output
                == "buildkitsandbox\n127.0.0.1\tlocalhost buildkitsandbox\n"
                + "::1\tlocalhost ip6-localhost ip6-loopback\n10.0.0.9\tdb\n")
        let resolver = try await step.run(
            "cat /etc/resolv.conf; (echo x >> /etc/resolv.conf) 2>/dev/null || echo refused")
        let host = try RootDirectory(path: "/").read("/etc/resolv.conf") ?? []
        #expect(resolver.output == String(decoding: host, as: UTF8.self) + "refused\n")
    }

    @Test(arguments: Ground.runtimes) func `reads a closed standard input`(_ name: String) async throws {
        let step = try StepWorld(name)
        #expect(try await step.run("cat; echo end").output == "end\n")
    }
}
