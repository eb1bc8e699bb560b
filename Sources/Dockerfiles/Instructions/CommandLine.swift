// What RUN, CMD and ENTRYPOINT execute.

package struct CommandLine: Sendable, Equatable {
    /// In shell form one text, or none if nothing was written; in exec form the words of the JSON array.
    package var arguments: [String]
    /// Shell form: the image's shell goes in front.
    package let prependsShell: Bool

    package init(_ arguments: [String], prependsShell: Bool) {
        self.arguments = arguments
        self.prependsShell = prependsShell
    }
}
