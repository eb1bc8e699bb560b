// RUN: arguments, variables, network and mounts, as BuildKit's frontend has them.
import Images
import Stages
import Testing

@Suite struct `Steps that run` {
    private static let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    @Test func `shell form goes through the image's shell, exec form does not`() throws {
        #expect(try run("RUN echo $A")?.arguments == ["/bin/sh", "-c", "echo $A"])
        #expect(try run("RUN [\"echo\", \"$A\"]")?.arguments == ["echo", "$A"])
        #expect(try run("SHELL [\"/bin/bash\", \"-e\"]\nRUN x")?.arguments == ["/bin/bash", "-e", "x"])
    }

    @Test func `a here-document is the script, or follows the command`() throws {
        #expect(try run("RUN <<EOF\nline\nEOF")?.arguments == ["/bin/sh", "-c", "line\n"])
        #expect(try run("RUN cat <<A <<B\na\nA\nb\nB")?.arguments == ["/bin/sh", "-c", "cat <<A <<B\na\nA\nb\nB"])
    }

    @Test func `a here-document with an interpreter is a file that the shell is given`() throws {
        let work = try #require(try run("RUN <<-EOF\n\t#!/bin/x\n\tbody\nEOF"))
        #expect(work.arguments == ["/bin/sh", "-c", "/dev/pipes/EOF"])
        #expect(work.scriptName == "EOF")
        #expect(work.script.map { String(decoding: $0, as: UTF8.self) } == "#!/bin/x\nbody\n")
    }

    @Test func `variables come in the order of their last setting`() throws {
        let work = try run("ENV A=1 B=2\nARG C=3\nENV A=4\nRUN x")
        #expect(work?.environment == [Self.path, "B=2", "C=3", "A=4"])
    }

    @Test func `an argument hides an earlier variable and a variable an earlier argument`() throws {
        #expect(try run("ENV A=env\nARG A=arg\nRUN x")?.environment == [Self.path, "A=arg"])
        #expect(try run("ARG A=arg\nENV A=env\nRUN x")?.environment == [Self.path, "A=env"])
        #expect(try run("ARG A=arg\nENV A=env\nRUN x", args: ["A": "given"])?.environment == [Self.path, "A=env"])
    }

    @Test func `arguments of a stage go on in the stage on top of it, behind its variables`() throws {
        let text = """
            FROM base AS one
            ARG A=1
            ENV B=env
            ARG B=arg
            FROM one
            RUN $A

            """
        #expect(try lower(recipe(text)).runs()[0].environment == ["A=1", Self.path, "B=env"])
        #expect(try lower(recipe(text)).config().environment.entries == [Self.path, "B=env"])
    }

    @Test func `an argument without a default takes the value before FROM, a platform's, or none`() throws {
        let text =
            "ARG V=1\nARG UNUSED=2\nFROM base\nARG V\nARG NONE\nARG TARGETARCH TARGETSTAGE BUILDOSVERSION\nRUN x\n"
        #expect(
            try lower(recipe(text)).runs()[0].environment == [
                Self.path, "V=1", "TARGETARCH=amd64", "TARGETSTAGE=default", "BUILDOSVERSION=",
            ])
        #expect(
            try lower(recipe(text, args: ["V": "v", "TARGETARCH": "other", "UNKNOWN": "x"])).runs()[0].environment == [
                Self.path, "V=v", "TARGETARCH=other", "TARGETSTAGE=default", "BUILDOSVERSION=",
            ])
    }

    @Test func `a given platform argument counts before FROM, too`() throws {
        let image = try lower(recipe("FROM base-$TARGETARCH\nRUN x\n", args: ["TARGETARCH": "mine"]))
        #expect(image.stages[0].title.text == "FROM base-mine")
    }

    @Test func `proxies reach a step undeclared, in both spellings, and stay out of its name`() throws {
        let args = ["http_proxy": "low", "HTTP_PROXY": "up", "No_Proxy": "x", "FTP_PROXY": ""]
        let text = "FROM base\nENV NO_PROXY=own\nRUN x\n"
        let image = try lower(recipe(text, args: args))
        #expect(image.runs()[0].environment == [Self.path, "NO_PROXY=own"])
        #expect(image.runs()[0].proxies == ["HTTP_PROXY=low", "http_proxy=low", "no_proxy=x"])
        #expect(image.runs()[0].proxies.allSatisfy(RunWork.isProxy))
        #expect(!["PATH=/x", "http_proxy", "=x", "Http_proxy=x", ""].contains(where: RunWork.isProxy))
        #expect(image.stages.last?.rule == (try lower(recipe(text))).stages.last?.rule)
    }

    @Test func `network none comes from the step or from werf.yaml`() throws {
        #expect(try run("RUN x")?.network == .host)
        #expect(try run("RUN --network=none x")?.network == RunNetwork.none)
        #expect(try run("RUN x", network: "none")?.network == RunNetwork.none)
        #expect(try run("RUN --network=host x", network: "none")?.network == .host)
    }

    @Test func `user, directory and hosts`() throws {
        let text = "FROM base\nUSER me:us\nWORKDIR /a//b/\nRUN x\n"
        let work = try lower(recipe(text, addHost: ["h:1.2.3.4"])).runs()[0]
        #expect(work.user == "me:us")
        #expect(work.workingDirectory == "/a/b")
        #expect(work.hosts == ["h:1.2.3.4"])
    }

    @Test func `without a command the shell gets an empty text, in exec form it is refused`() throws {
        #expect(try run("RUN")?.arguments == ["/bin/sh", "-c", ""])
        #expect(try run("RUN --mount=type=cache,target=/c")?.arguments == ["/bin/sh", "-c", ""])
        #expect(refusal("FROM base\nRUN []\n") == "Dockerfile:2:1: RUN has no command")
    }

    @Test func `what this version doesn't do is refused`() {
        for flag in ["--security=insecure", "--device=a", "--mount=type=ssh"] {
            #expect(refusal("FROM base\nRUN \(flag) x\n").hasPrefix("Dockerfile:2:1: "))
        }
    }
}
