// Image configs: what Docker writes is read, and written again without what is empty.
import Digests
import Images
import Testing

private let diff = String(repeating: "d", count: 64)

private func decoded(_ text: String) throws -> ImageConfig { try ImageConfig(Array(text.utf8)) }

@Suite struct `Image configs` {
    @Test func `of Docker are read`() throws {
        let config = try decoded(
            #"""
            {"architecture":"arm64","variant":"v8","os":"linux","created":"2024-01-02T03:04:05.6Z","author":"A",
             "container":"x","docker_version":"20.10","config":{"Hostname":"","User":"app","AttachStdin":false,
             "ExposedPorts":{"80/tcp":{},"443/tcp":{}},"Env":["PATH=/bin","A=b=c"],"Cmd":["sh"],"Entrypoint":null,
             "Image":"sha256:x","Volumes":{"/data":{}},"WorkingDir":"/app","Labels":{"b":"2","a":"1"},"OnBuild":null,
             "StopSignal":"SIGTERM","Shell":["/bin/bash","-c"],"ArgsEscaped":true,
             "Healthcheck":{"Test":["CMD","true"],"Interval":30000000000,"Timeout":1,"StartPeriod":2,"StartInterval":3,
             "Retries":4}},
             "rootfs":{"type":"layers","diff_ids":["sha256:\#(diff)"]},
             "history":[{"created":"2024-01-01T00:00:00Z","created_by":"COPY","comment":"c"},{"empty_layer":true}]}
            """#)
        #expect(config.platform.description == "linux/arm64")
        #expect(config.created == "2024-01-02T03:04:05.6Z")
        #expect(config.config.user == "app")
        #expect(config.config.exposedPorts == ["80/tcp", "443/tcp"])
        #expect(config.config.environment.entries == ["PATH=/bin", "A=b=c"])
        #expect(config.config.entrypoint == nil)
        #expect(config.config.command == ["sh"])
        #expect(config.config.volumes == ["/data"])
        #expect(config.config.labels == ["a": "1", "b": "2"])
        #expect(config.config.healthcheck?.interval == 30_000_000_000)
        #expect(config.config.healthcheck?.retries == 4)
        #expect(config.config.argumentsEscaped)
        #expect(config.diffIDs.map(\.hex) == [diff])
        #expect(config.history.map(\.isEmptyLayer) == [false, true])
        #expect(config.history[0].createdBy == "COPY")
        #expect(try ImageConfig(config.encoded().bytes) == config)
    }

    @Test func `are written without what is empty`() throws {
        var config = ImageConfig(platform: try Platform("linux/amd64"))
        config.config.entrypoint = []
        config.config.labels = ["z/y": "ä\"\\\n\u{1}", "a": "<&>"]
        let text =
            #"{"architecture":"amd64","config":{"Labels":{"a":"<&>","z/y":"ä\"\\\n\u0001"}},"os":"linux","#
            + #""rootfs":{"diff_ids":[],"type":"layers"}}"#
        #expect(String(decoding: config.encoded().bytes, as: UTF8.self) == text)
        #expect(try ImageConfig(config.encoded().bytes).config.labels == config.config.labels)
    }

    @Test func `are the same bytes whatever the order of insertion`() throws {
        var forward = ImageConfig(platform: try Platform("linux/amd64"))
        var backward = forward
        for number in 0..<100 {
            forward.config.labels["l\(number)"] = "v"
            forward.config.volumes.insert("/v\(number)")
            backward.config.labels["l\(99 - number)"] = "v"
            backward.config.volumes.insert("/v\(99 - number)")
        }
        #expect(forward.encoded() == backward.encoded())
    }

    @Test(arguments: [
        ("", "isn't JSON"), ("[]", "wrong type"), ("{}", "os is missing"),
        (#"{"os":"linux","architecture":"amd64","rootfs":{"type":"tree"}}"#, "and not layers"),
        (#"{"os":"linux","architecture":"amd64"}"#, "rootfs is missing"),
        (#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["sha256:.."]}}"#, "diff id 1"),
        (#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers"},"config":{"Env":"A=b"}}"#, "config.Env"),
    ])
    func `that can't be used are refused`(text: String, reason: String) {
        let error = #expect(throws: ImageError.self) { try decoded(text) }
        #expect(error?.description.contains(reason) == true)
    }

    @Test func `larger than 8 MiB are refused`() {
        let error = #expect(throws: ImageError.self) { try ImageConfig([UInt8](repeating: 0x20, count: (8 << 20) + 1)) }
        #expect(error?.description.contains("at most 8388608") == true)
    }
}

@Suite struct `Environments` {
    @Test func `keep the place of a name that is set again`() {
        var environment: EnvironmentList = ["PATH=/bin", "A=1", "B=2"]
        environment["A"] = "x=y"
        environment["C"] = ""
        #expect(environment.entries == ["PATH=/bin", "A=x=y", "B=2", "C="])
        #expect(environment["A"] == "x=y")
        #expect(environment["C"] == "")
        #expect(environment["P"] == nil)
    }

    @Test func `forget a name that is set to nothing`() {
        var environment: EnvironmentList = ["A=1", "AB=2", "A=3"]
        environment["A"] = nil
        #expect(environment.entries == ["AB=2"])
    }

    @Test func `tell names from values`() {
        let environment: EnvironmentList = ["A=1=2", "B"]
        #expect(environment.pairs.map(\.name) == ["A", "B"])
        #expect(environment.pairs.map(\.value) == ["1=2", ""])
        #expect(environment["B"] == "")
    }
}
