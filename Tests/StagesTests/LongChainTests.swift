// Long Dockerfiles: they are lowered and named in one pass, without recursion.
import Dockerfiles
import Images
import Stages
import Testing

@Suite struct `Long chains` {
    /// ENV names repeat: an image has few variables, however long its Dockerfile.
    private func text(_ count: Int) -> String {
        var text = "FROM base\n"
        for number in 0..<count {
            switch number % 5 {
            case 0: text += "RUN echo \(number)\n"
            case 1: text += "ENV V\(number % 40)=\(number)\n"
            case 2: text += "COPY f\(number) /to/\n"
            case 3: text += "ARG A\(number % 40)=$V1\n"
            default: text += "LABEL l=\(number)\n"
            }
        }
        return text
    }

    @Test(arguments: [600, 10_000])
    func `a chain is lowered`(_ count: Int) throws {
        let text = text(count)
        #expect(try lower(recipe(text)).stages.count == 1 + count * 4 / 5)
        #expect(try lower(recipe(text, staged: true)).stages.count == 1 + count * 4 / 5)
        #expect(try UnstagedName.rule(recipe(text), names: FixedNames()).inputs.count == 1 + count * 6 / 5)
    }

    @Test func `a chain of nothing but configuration is lowered`() throws {
        let text = "FROM base\n" + String(repeating: "USER u\n", count: 10_000)
        #expect(try lower(recipe(text)).stages.count == 10_001)
    }

    @Test func `stages on stages, and stages from stages, as deep as a Dockerfile may be`() throws {
        let count = DockerfileLimits.stagesMax
        let onEachOther = (1..<count).reduce("FROM base AS s0\nRUN 0\n") {
            $0 + "FROM s\($1 - 1) AS s\($1)\nRUN \($1)\n"
        }
        #expect(try lower(recipe(onEachOther)).runs().count == count)
        let fromEachOther = (1..<count).reduce("FROM base AS s0\nRUN 0\n") {
            $0 + "FROM base AS s\($1)\nCOPY --from=\($1 - 1) /a /b\n"
        }
        let image = try lower(recipe(fromEachOther, staged: true))
        #expect(image.copies().count == count - 1)
        #expect(image.internalImages.first?.level == count - 1)
    }
}
