// What is refused, with the words and the place.
import Testing

@testable import Dockerfiles

@Suite struct `Errors of a Dockerfile` {
    @Test(arguments: [
        ("", "D:1:1: the file has no instructions (begin with FROM)"),
        ("# a\n\n", "D:2:1: the file has no instructions (begin with FROM)"),
        ("RUN a", "D:1:1: no build stage to put RUN in (only ARG may stand before the first FROM)"),
        ("FROM", "D:1:1: FROM requires either one or three arguments (write FROM image AS name)"),
        ("FROM a b c", "D:1:1: FROM requires either one or three arguments (write FROM image AS name)"),
        (
            "FROM a AS 1x",
            "D:1:11: invalid name \"1x\" for a build stage (begin with a letter; letters, digits, '-', '_' and '.' may follow)"
        ),
        ("FROM --plattform=x a", "D:1:6: unknown flag \"--plattform\" (did you mean --platform?)"),
    ])
    func `at the top level`(text: String, message: String) {
        #expect(failure(text) == message)
    }

    @Test(arguments: [
        ("\\\n", "D:2:1: unknown instruction \"\""),
        ("RUNN a", "D:2:1: unknown instruction \"RUNN\" (did you mean RUN?)"),
        ("entripoint a", "D:2:1: unknown instruction \"entripoint\" (did you mean ENTRYPOINT?)"),
        ("NOTHINGLIKE a", "D:2:1: unknown instruction \"NOTHINGLIKE\""),
        ("COPY a", "D:2:1: COPY requires at least two arguments: sources and a destination"),
        ("  ADD", "D:2:3: ADD requires at least two arguments: sources and a destination"),
        ("COPY --form=x a b", "D:2:6: unknown flag \"--form\" (did you mean --from?)"),
        ("COPY \\\n  --link \\\n  --from a b", "D:4:3: missing a value on flag --from"),
        ("COPY --from=a --from=b a b", "D:2:15: duplicate flag --from"),
        ("COPY --link=maybe a b", "D:2:6: expecting true or false for flag --link, not \"maybe\""),
        ("COPY --link= a b", "D:2:6: missing a value on flag --link"),
        (
            "COPY --from=$x a b",
            "D:2:6: variable expansion is not supported for --from "
                + "(define a new stage with FROM, using an ARG from the global scope)"
        ),
        ("ADD --parents a b", "D:2:5: unknown flag \"--parents\""),
        ("CMD --x a", "D:2:5: unknown flag \"--x\""),
        ("CMD [\"a\", 1]", "D:2:5: when using JSON array syntax, arrays must be comprised of strings only"),
        (
            "CMD [[\"a\"], {\"b\": [null, 1e-2]}]",
            "D:2:5: when using JSON array syntax, arrays must be comprised of strings only"
        ),
        ("ENV", "D:2:1: ENV requires at least one argument"),
        ("ENV a", "D:2:5: ENV must have two arguments (write ENV name=value)"),
        ("ENV a=b c", "D:2:9: can't find = in \"c\": it must be of the form name=value"),
        ("LABEL =b", "D:2:7: LABEL names can not be blank"),
        ("ARG", "D:2:1: ARG requires at least one argument"),
        ("ARG a =b", "D:2:7: ARG names can not be blank"),
        ("EXPOSE", "D:2:1: EXPOSE requires at least one argument"),
        ("USER", "D:2:1: USER requires exactly one argument"),
        ("WORKDIR", "D:2:1: WORKDIR requires exactly one argument"),
        ("STOPSIGNAL", "D:2:1: STOPSIGNAL requires exactly one argument"),
        ("MAINTAINER", "D:2:1: MAINTAINER requires exactly one argument"),
        ("VOLUME [\"/a\", \" \"]", "D:2:8: VOLUME can not be an empty string"),
        ("SHELL bash", "D:2:7: SHELL requires the arguments to be in JSON form (write SHELL [\"/bin/bash\", \"-c\"])"),
        ("SHELL []", "D:2:1: SHELL requires at least one argument"),
        ("ONBUILD", "D:2:1: ONBUILD requires at least one argument"),
        ("ONBUILD ONBUILD RUN a", "D:2:9: chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("ONBUILD FROM a", "D:2:9: FROM isn't allowed as an ONBUILD trigger"),
        ("HEALTHCHECK", "D:2:1: HEALTHCHECK requires at least one argument"),
        ("HEALTHCHECK CMD", "D:2:13: missing command after HEALTHCHECK CMD"),
        ("HEALTHCHECK NONE x", "D:2:18: HEALTHCHECK NONE takes no arguments"),
        ("HEALTHCHECK x", "D:2:13: unknown type \"x\" in HEALTHCHECK: it must be CMD or NONE"),
        ("HEALTHCHECK --timeout=1us CMD a", "D:2:13: --timeout cannot be less than 1ms"),
        (
            "HEALTHCHECK --interval=3 CMD a",
            "D:2:13: invalid duration \"3\" for --interval (write a number with a unit, such as 30s or 1m30s)"
        ),
        ("HEALTHCHECK --retries=-1 CMD a", "D:2:13: --retries cannot be negative (-1)"),
        ("HEALTHCHECK --retries=x CMD a", "D:2:13: invalid number \"x\" for --retries"),
        ("RUN --network=bridge a", "D:2:5: invalid network mode \"bridge\": it must be one of none, host, default"),
        ("RUN --security=x a", "D:2:5: invalid security mode \"x\": it must be one of sandbox, insecure"),
    ])
    func `in an instruction`(text: String, message: String) {
        #expect(failure("FROM a\n" + text) == message)
    }

    @Test(arguments: [
        ("type=bimd", "unsupported mount type \"bimd\" (did you mean bind?)"),
        ("type=volume", "unsupported mount type \"volume\" (known are bind, cache, tmpfs, secret, ssh)"),
        ("sorce=a", "unexpected key \"sorce\" in \"sorce=a\" (did you mean source?)"),
        ("target", "\"target\" must be a key=value pair"),
        ("target=/a,size=1", "unexpected key 'size' for mount type 'bind'"),
        ("target=/a,required", "unexpected key 'required' for mount type 'bind'"),
        ("target=/a,uid=1", "uid is not allowed for mounts of type bind"),
        ("target=/a,sharing=locked", "sharing is not allowed for mounts of type bind"),
        ("type=cache,target=/a,mode=9", "invalid value \"9\" for mode"),
        ("type=cache,target=/a,gid=-1", "invalid value \"-1\" for gid"),
        ("type=cache,target=/a,sharing=lock", "unsupported sharing \"lock\" (did you mean locked?)"),
        ("type=tmpfs,target=/a,size=1x", "invalid value \"1x\" for size"),
        ("target=/a,ro=maybe", "invalid value \"maybe\" for ro"),
        ("type=secret", "invalid secret mount: one of id, source and target is required"),
        ("type=secret,id=a,source=b", "a secret mount can't have both source and id"),
        ("type=secret,id=a,from=b", "a secret mount should not have a from"),
    ])
    func `in a mount, once its step is needed`(options: String, message: String) throws {
        let run = try located("RUN --mount=\(options) x")
        let error = #expect(throws: DockerfileError.self) { try run.expanded(with: Expander(), [:]) }
        #expect(error?.description == "D:2:1: can't read the mount \"\(options)\": " + message)
    }

    @Test(arguments: [
        ("from=$x,target=/a", "'from' doesn't support variable expansion (define an alias stage instead)"),
        ("", "the option list is empty"),
    ])
    func `in a mount, at once`(options: String, message: String) {
        #expect(failure("FROM a\nRUN --mount=\(options) x") == "D:2:5: " + message)
    }

    @Test func `count columns in characters, not bytes`() {
        #expect(failure("FROM a\nENV é=ü b") == "D:2:9: can't find = in \"b\": it must be of the form name=value")
    }

    @Test func `name the place of bytes that are no text`() {
        let error = #expect(throws: DockerfileError.self) {
            try Dockerfile.parse([UInt8]("FROM a\nRUN é".utf8) + [0xFF, 0x41], name: "D")
        }
        #expect(error?.description == "D:2:6: the text is not UTF-8 (save the file as UTF-8)")
        #expect(failure("FROM a\nRUN x\0") == "D:2:6: the text contains a NUL byte")
    }

    @Test func `make control characters visible`() {
        #expect(failure("FROM a\nR\u{1B}[31mN x") == "D:2:1: unknown instruction \"R\\u{1B}[31mN\"")
    }
}
