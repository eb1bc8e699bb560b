// RUN's flags: mounts of every type, network, security, devices.
import Testing

@testable import Dockerfiles

func run(_ flags: String) throws -> RunInstruction {
    guard case .run(let run) = try instruction("RUN \(flags) x") else { throw Fault("no RUN") }
    return run
}

func mount(_ options: String) throws -> RunMount {
    try expanded(run("--mount=" + options), with: Expander(), [:])
}

/// The first mount of `run` once variables are known.
private func expanded(
    _ run: RunInstruction, with expander: Expander, _ environment: [String: String]
) throws -> RunMount {
    guard case .run(let run) = try Instruction.run(run).expanded(with: expander, environment).instruction else {
        throw Fault("no RUN")
    }
    return try #require(run.mounts.first)
}

@Suite struct `RUN` {
    @Test func `has plain defaults`() throws {
        let run = try run("")
        #expect(run.command == CommandLine(["x"], prependsShell: true))
        #expect(run.network == .standard && run.security == .sandbox && run.mounts.isEmpty && run.devices.isEmpty)
    }

    @Test func `says its network and security`() throws {
        let run = try run("--network=none --security=insecure")
        #expect(run.network == .none && run.security == .insecure)
        #expect(try self.network("host") == .host)
        #expect(try self.network("default") == .standard)
    }

    private func network(_ name: String) throws -> RunInstruction.Network {
        guard case .run(let run) = try instruction("RUN --network=\(name) x") else { throw Fault("no RUN") }
        return run.network
    }

    @Test func `takes devices`() throws {
        let devices = try run("--device=vendor.com/gpu=all,required --device=name=b,required=false").devices
        #expect(devices.map(\.name) == ["vendor.com/gpu=all", "b"])
        #expect(devices.map(\.isRequired) == [true, false])
    }
}

@Suite struct Mounts {
    @Test func `bind the context by default, for reading`() throws {
        var expected = RunMount()
        expected.source = "a"
        expected.target = "/b"
        #expect(try mount("source=a,target=/b") == expected)
        #expect(try mount("type=bind,src=a,dst=/b") == expected)
        #expect(try mount("TYPE=BIND,src=a,destination=/b,ro") == expected)
        expected.from = "stage"
        expected.isReadOnly = false
        #expect(try mount("from=stage,src=a,target=/b,rw") == expected)
        #expect(try mount("from=stage,src=a,target=/b,readonly=false") == expected)
        #expect(try mount("from=stage,src=a,target=/b,rw=true") == expected)
    }

    @Test func `cache`() throws {
        let cache = try mount("type=cache,id=i,target=/c,sharing=locked,mode=0700,uid=1,gid=2,from=f,source=s")
        #expect(cache.kind == .cache && cache.id == "i" && cache.target == "/c" && cache.sharing == .locked)
        #expect(cache.mode == 0o700 && cache.uid == 1 && cache.gid == 2 && cache.from == "f" && cache.source == "s")
        #expect(!cache.isReadOnly)
        #expect(try mount("type=cache,target=/c").sharing == nil)
        #expect(try mount("type=cache,target=/c,sharing=private,ro").isReadOnly)
    }

    @Test(arguments: [
        ("1024", 1024), ("64m", 64 << 20), ("1.5g", 1536 << 20), ("2kb", 2048), ("3 MiB", 3 << 20), ("9b", 9),
    ])
    func `tmpfs`(size: String, bytes: Int64) throws {
        let tmpfs = try mount("\"type=tmpfs\",target=/t,\"size=\(size)\"".replacing(" ", with: "\\ "))
        #expect(tmpfs.kind == .tmpfs && tmpfs.sizeLimit == bytes && !tmpfs.isReadOnly)
    }

    @Test func `secret and ssh`() throws {
        let secret = try mount("type=secret,id=s,env=E,required,mode=0440,uid=3")
        #expect(secret.kind == .secret && secret.id == "s" && secret.environmentVariable == "E")
        #expect(secret.isRequired && secret.isReadOnly && secret.mode == 0o440 && secret.uid == 3)
        let ssh = try mount("type=ssh,id=default,required=false,target=/s")
        #expect(ssh.kind == .ssh && !ssh.isRequired && ssh.id == "default")
    }

    @Test func `quote options with commas`() throws {
        #expect(try mount("'\"source=a,b\",target=\\/c'").source == "a,b")
        #expect(try mount("'\"source=a\"\"b\"\"\"'").source == "ab")
    }

    @Test func `wait for variables where a value is no text`() throws {
        let raw = try run("--mount=type=cache,target=/c/$A,uid=$U,sharing=${S}")
        let open = try expanded(raw, with: Expander(unset: .keep), [:])
        #expect(open.target == "/c/$A" && open.uid == nil)
        let mount = try expanded(raw, with: Expander(), ["A": "x", "U": "7", "S": "private"])
        #expect(mount.target == "/c/x" && mount.uid == 7 && mount.sharing == .exclusive)
    }

    @Test func `are refused once a variable turns out wrong`() throws {
        let raw = try located("RUN --mount=type=$T,target=/c x")
        let error = #expect(throws: DockerfileError.self) { try raw.expanded(with: Expander(), ["T": "bund"]) }
        #expect(
            error?.description
                == "D:2:1: can't read the mount \"type=$T,target=/c\": unsupported mount type \"bund\" (did you mean bind?)"
        )
    }
}
