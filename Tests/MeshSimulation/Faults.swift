// What goes wrong in a simulated world, in percent of the chances that it has.

package struct Faults: Sendable {
    /// A stage's run, a publication, or a question to the world ends in an error: the build fails.
    package var failingRuns = 0
    package var failingPublications = 0
    package var failingQuestions = 0
    /// An image can't be named or taken apart.
    package var failingReads = 0
    /// A published stage that was chosen is found to be gone or broken.
    package var brokenPublications = 0
    /// Another builder publishes the same stage first, with other bytes.
    package var otherBuilders = 0
    /// Work that doesn't hear that it was stopped.
    package var deafWork = 0
    /// An answer takes minutes instead of milliseconds.
    package var lateAnswers = 0

    package init() {}

    package static var none: Faults { Faults() }

    /// Nothing that a build may fail by.
    package static var harmless: Faults {
        var faults = Faults()
        faults.brokenPublications = 20
        faults.otherBuilders = 20
        faults.deafWork = 20
        faults.lateAnswers = 10
        return faults
    }

    package static var all: Faults {
        var faults = harmless
        faults.failingRuns = 5
        faults.failingPublications = 5
        faults.failingQuestions = 2
        faults.failingReads = 2
        return faults
    }

    /// Failures that belong to one image each.
    package static var ofImages: Faults {
        var faults = all
        faults.failingQuestions = 0
        return faults
    }
}

/// The failure that a simulated world made.
package struct SimulatedFault: Error, CustomStringConvertible {
    package let description: String
}
