// Names of steps: the parts of an unstaged image that are cached on nodes but never tagged in a repo.

enum StepNames {
    /// Stands where a published stage has its instruction, so that the two never meet.
    static let keyword = "weft-step"
    /// Changes when the same inputs begin to give other files.
    static let version = "2"
}
