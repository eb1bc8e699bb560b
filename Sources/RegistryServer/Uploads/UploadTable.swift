// The uploads that were begun and not ended: how many there may be, and for how long.
import Synchronization

final class UploadTable: Sendable {
    private let limits: RegistryLimits
    private let uploads = Mutex<[UploadID: Upload]>([:])

    init(_ limits: RegistryLimits) { self.limits = limits }

    /// Makes room by giving up idle ones; refuses when there still are too many.
    func checkRoom(for host: String, now: ContinuousClock.Instant) throws(RegistryRefusal) {
        dropIdle(now: now)
        let (own, all) = uploads.withLock { uploads in (uploads.values.count { $0.host == host }, uploads.count) }
        guard own < limits.uploadsPerAddressMax, all < limits.uploadsMax else {
            throw RegistryRefusal(.tooManyRequests, "too many uploads are open; end some, or come back later")
        }
    }

    func add(_ upload: Upload) { uploads.withLock { $0[upload.id] = upload } }

    /// An upload belongs to one repo: by another's path it is not found.
    func find(_ id: UploadID, of repo: RepoName) throws(RegistryRefusal) -> Upload {
        guard let upload = uploads.withLock({ $0[id] }), upload.repo == repo else { throw Upload.gone }
        return upload
    }

    func remove(_ upload: Upload) {
        uploads.withLock { _ = $0.removeValue(forKey: upload.id) }
        upload.drop()
    }

    func dropIdle(now: ContinuousClock.Instant) {
        let idle = uploads.withLock { uploads in
            uploads.values.filter { $0.lastUsed.duration(to: now) > limits.uploadIdleMax }
        }
        for upload in idle { remove(upload) }
    }

    var count: Int { uploads.withLock { $0.count } }
}
