// Projects drawn from a seed: small pools of words, so that images share stages, steps and whole contents.
import Projects

extension DrawnProject {
    package static func drawn(_ random: inout SeededGenerator) -> DrawnProject {
        let count = 1 + random.below(6)
        return DrawnProject(images: (0..<count).map { .drawn($0, &random) })
    }

    /// The same project without anything that two images share, beside their bases.
    package var unshared: DrawnProject {
        var copy = self
        for image in images.indices {
            for stage in images[image].stages.indices where images[image].stages[stage].work != .base {
                copy.images[image].stages[stage].text += " for \(images[image].name)"
            }
        }
        return copy
    }

    /// The same project after somebody worked on it.
    package func edited(_ random: inout SeededGenerator) -> DrawnProject {
        var copy = self
        for _ in 0..<random.below(3) {
            let image = random.below(images.count)
            let stage = random.below(images[image].stages.count)
            guard images[image].stages[stage].work != .base else { continue }
            copy.images[image].stages[stage].text += "!"
        }
        return copy
    }
}

extension DrawnImage {
    private static let bases = ["alpine", "debian:12"]
    private static let words = ["make", "test", "install"]

    fileprivate static func drawn(_ number: Int, _ random: inout SeededGenerator) -> DrawnImage {
        var image = DrawnImage(name: "image\(number)", isStaged: random.chance(50), stages: [])
        for dockerfileStage in 0..<1 + random.below(3) { image.draw(dockerfileStage, &random) }
        for other in 0..<number where random.chance(20) {
            image = image.needing(other, random.pick(Dependency.ImportType.allCases))
        }
        return image
    }

    /// One Dockerfile stage; each needs the one before, as its base or as a source of files.
    private mutating func draw(_ number: Int, _ random: inout SeededGenerator) {
        let before = number == 0 ? nil : stages.count - 1
        if let before, random.chance(50) {
            stages.append(.run(random.pick(Self.words), on: before, begins: true))
        } else {
            stages.append(.base(random.pick(Self.bases)))
            if let before {
                stages.append(.copy(random.pick(Self.words), from: before, isLinked: random.chance(30)))
            }
        }
        for _ in 0..<1 + random.below(3) {
            switch random.below(10) {
            case 0..<5: stages.append(.run(random.pick(Self.words)))
            case 5..<7: stages.append(.copy(random.pick(Self.words)))
            case 7..<8: stages.append(.copy(random.pick(Self.words), isLinked: true))
            default: stages.append(.config(random.pick(Self.words)))
            }
        }
    }
}
