// What `weft explain` says of images and their stages: values for scripts, written as words by `ExplanationText`.

/// An image as a build that starts now would see it.
package struct ExplainedImage: Encodable, Hashable, Sendable {
    package enum State: String, Encodable, Sendable {
        /// The repo has it under its present digest.
        case reused
        case build
        /// Another image with the same digest is built.
        case same
        /// The names of images that it uses are not known yet.
        case waits
    }

    /// As people see it: "~" for the nameless image.
    package var image: String
    package var dockerfile: String
    package var target: String?
    package var isStaged: Bool
    package var dependsOn: [String]
    package var state: State
    /// Images that must be built before more can be said.
    package var waitsFor: [String]?
    /// The image whose result is used.
    package var sameAs: String?
    /// Digest of the whole image, or of its last stage.
    package var digest: String?
    /// `REPO:TAG` where it was found.
    package var published: String?
    /// Nil where they were not looked at.
    package var stages: [ExplainedStage]?

    package init(image: String, dockerfile: String, isStaged: Bool, dependsOn: [String], state: State) {
        self.image = image
        self.dockerfile = dockerfile
        self.isStaged = isStaged
        self.dependsOn = dependsOn
        self.state = state
    }
}

package struct ExplainedStage: Encodable, Hashable, Sendable {
    package enum Work: String, Encodable, Sendable {
        case base, run, copy, makeDirectory, config, image
    }

    /// What a build that starts now would do about it.
    package enum Fate: String, Encodable, Sendable {
        case base, reused, remembered, run, config, same, unneeded, unnamed
    }

    /// Its place among the image's stages, parents first, from 1; 0 is the whole of an unstaged image.
    package var number: Int
    /// `IMAGE/STAGE`
    package var stage: String
    /// The instruction.
    package var text: String
    package var place: String
    package var work: Work
    /// Number of the stage that it is built on; nil on nothing.
    package var parent: Int?
    /// Numbers of stages that it reads files of.
    package var sources: [Int]
    package var fate: Fate?
    /// The stage whose result is used, or that has it in the repo.
    package var found: String?
    package var digest: String?
    /// The stage that must be found or published before this one has a name.
    package var waitsFor: String?
    package var inputs: [ExplainedInput]?

    package init(
        number: Int, stage: String, text: String, place: String, work: Work, parent: Int?, sources: [Int]
    ) {
        self.number = number
        self.stage = stage
        self.text = text
        self.place = place
        self.work = work
        self.parent = parent
        self.sources = sources
    }
}

/// A named input of a digest.
package struct ExplainedInput: Encodable, Hashable, Sendable {
    package var label: String
    package var words: [String]

    package init(label: String, words: [String]) {
        self.label = label
        self.words = words
    }
}

/// Why a stage is, or is not, what it was in the last build.
package struct ExplainedChange: Encodable, Hashable, Sendable {
    package enum Kind: String, Encodable, Sendable {
        case added, removed, changed, reordered
    }

    package var kind: Kind
    package var label: String
    /// Words that are gone, and words that came.
    package var old: [String]
    package var new: [String]

    package init(kind: Kind, label: String, old: [String], new: [String]) {
        self.kind = kind
        self.label = label
        self.old = old
        self.new = new
    }
}

extension ExplainedChange {
    /// A checksum says that files changed, and not which.
    var isOfFiles: Bool {
        kind == .changed && (label.hasPrefix("files") || label == "SourcesChecksum")
    }
}

package struct ExplainedRebuild: Encodable, Hashable, Sendable {
    package enum Comparison: String, Encodable, Sendable {
        /// No build that named this stage is remembered.
        case unknown
        /// The last build had no such stage.
        case new
        case same
        case changed
        /// It has no name yet.
        case unnamed
    }

    package var stage: String
    package var text: String
    package var place: String
    /// What would become of it, in words.
    package var outcome: String
    package var comparison: Comparison
    package var digest: String?
    package var oldDigest: String?
    /// What it was called then, where the name has changed.
    package var oldStage: String?
    /// The commit of the remembered build.
    package var oldCommit: String?
    package var changes: [ExplainedChange]
    /// Stages below it with changes of their own, the nearest first.
    package var below: [ExplainedRebuild]

    package init(stage: String, text: String, place: String, outcome: String, comparison: Comparison) {
        self.stage = stage
        self.text = text
        self.place = place
        self.outcome = outcome
        self.comparison = comparison
        changes = []
        below = []
    }
}
