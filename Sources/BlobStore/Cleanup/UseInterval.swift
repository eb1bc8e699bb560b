// How exactly the last use of what lies in the store is known: the time of a file says it, and is set only now and then.

enum UseInterval {
    /// Seconds.
    static let usual: Int64 = 60
    /// Seconds: tags are read by every build, and there are many.
    static let tag: Int64 = 24 * 60 * 60
}
