// A blob that is brought here only when somebody asks for its bytes.

actor LazyBlob {
    private let open: @Sendable () async throws -> (file: OwnedBlob, isFetched: Bool)
    private var opened: OwnedBlob?
    /// True once it had to be fetched from a registry.
    private(set) var isFetched = false

    init(_ open: @escaping @Sendable () async throws -> (file: OwnedBlob, isFetched: Bool)) { self.open = open }

    /// Uploads ask for one part after the other.
    func file() async throws -> OwnedBlob {
        if let opened { return opened }
        let made = try await open()
        (opened, isFetched) = (made.file, made.isFetched)
        return made.file
    }
}
