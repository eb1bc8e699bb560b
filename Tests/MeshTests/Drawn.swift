// Values for tests of messages and calls.
import Digests
import Mesh
import Reports
import Stages

enum Drawn {
    static let card = NodeCard(
        name: "n1.example", version: "1.2.3", zone: "a", peerAddress: "10.0.0.1:7000", registryAddress: "", slots: 4,
        transfers: 8, memoryBytes: 1 << 33, isDraining: true, running: 2, waiting: 0)

    static let title = StageTitle(image: "backend", name: "RUN1", text: "RUN make", place: "Dockerfile:3")

    static func order(watcher: String = "ear", contexts: [ShippedContext] = []) -> ShippedOrder {
        ShippedOrder(
            build: "b-1",
            order: StageOrder(
                stage: StageIndex(image: 0, number: 1), title: title, digest: StageDigest(of: ["a"]), work: .config,
                parent: StageContent(root: .scratch), sources: [:], isRemembered: true,
                origins: nil),
            contexts: contexts, layers: [], secrets: [], watcher: watcher, buildClass: "default")
    }
}
