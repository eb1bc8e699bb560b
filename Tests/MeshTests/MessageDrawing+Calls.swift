// Draws the messages that nodes and coordinators say to each other.
import Availability
import Digests
import Mesh
import MeshSimulation
import Reports
import Stages

extension MessageDrawing {
    mutating func object() -> BlobDigest { BlobDigest(of: [UInt8(truncatingIfNeeded: random.next())]) }

    mutating func context() -> ShippedContext {
        var number = 0
        let entries = list(max: 5) { drawing in
            number += 1
            return ContextEntry(
                path: Array("src/ä \(number).c".utf8), kind: drawing.random.pick([.file, .executable, .link]),
                digest: drawing.object())
        }
        return ShippedContext(patterns: list { $0.text() }, entries: entries)
    }

    mutating func shippedLayer() -> ShippedLayer {
        ShippedLayer(diffID: blob(), blob: optional { $0.blob() }, byteCount: count(), holders: list { $0.word() })
    }

    mutating func shippedOrder() -> ShippedOrder {
        ShippedOrder(
            build: "b-1", order: order(), contexts: list { $0.context() }, layers: list { $0.shippedLayer() },
            secrets: list { ShippedSecret(id: $0.text(), bytes: $0.bytes()) }, watcher: "ear-7", buildClass: "default")
    }

    mutating func result() -> StageResult {
        StageResult(
            layer: optional { $0.layer() }, pulledFrom: optional { $0.random.pick([.repo, .registry]) },
            duration: .nanoseconds(random.pick([0, 1, 90_000_000_001])), statement: optional { $0.statement() })
    }

    mutating func outcome() -> StageOutcome {
        switch random.below(4) {
        case 0: .made(result())
        case 1: .failed(message: text(), isRetryable: flag())
        case 2: .stopped
        default: .refused(reason: text())
        }
    }

    mutating func rememberedStep() -> RememberedStep {
        RememberedStep(
            layer: optional { $0.layer() }, on: flag() ? .anything : .chain(optional { $0.blob() }),
            reading: list { $0.optional { $0.blob() } })
    }

    mutating func statement() -> StepStatement {
        // Few makers, so that some share a certificate.
        StepStatement(
            certificate: random.pick([[], [1], [2, 3]]), buildClass: word(), madeAt: count(),
            signature: list { UInt8(truncatingIfNeeded: $0.small()) })
    }

    mutating func rememberedSteps() -> RememberedSteps {
        RememberedSteps(
            steps: Dictionary(
                list(max: 8) { ($0.digest(), StatedStep($0.rememberedStep(), $0.optional { $0.statement() })) }
            ) { first, _ in first })
    }

    mutating func card() -> NodeCard {
        NodeCard(
            name: word(), version: "1.2.3", zone: word(), peerAddress: "h:1", registryAddress: flag() ? "" : "h:2",
            slots: small(), transfers: small(), memoryBytes: optional { $0.count() }, isDraining: flag(),
            running: small(), waiting: small(), ledger: random.pick(["", "leader"]))
    }

    mutating func row() -> MemberRow {
        MemberRow(
            name: word(), peerAddress: "h:1", zone: "", state: random.pick([.alive, .suspect, .dead, .left]),
            incarnation: random.next(), slots: small())
    }

    mutating func event() -> BuildEvent {
        switch random.below(5) {
        case 0: .stageStarted(title())
        case 1: .stageOutput(title(), line: text(), isError: flag())
        case 2:
            .transferred(
                Transfer(flag() ? .pull : .push, subject: text(), blob: blob()), byteCount: count(),
                total: optional { $0.count() })
        case 3: .warning(text())
        default: .detail(text())
        }
    }

    /// Every message that goes over a link as an argument or a result, and every part of one.
    mutating func all() -> [any Message] {
        [
            shippedOrder(), order(), origins(), work(), StageWork.run(run()), StageWork.copy(copy()), run(), mount(),
            copy(),
            content(), change(), base(), layer(), title(), stage(), source(), result(), outcome(), rememberedStep(),
            rememberedSteps(), StepQuery(steps: list { $0.digest() }, buildClass: word()),
            NeedsQuery(objects: list { $0.object() }, layers: list { $0.shippedLayer() }),
            Lacking(objects: list { $0.object() }, layers: list { $0.blob() }), LayerQuery(diffIDs: list { $0.blob() }),
            LayerBlobs(blobs: list { LayerBlob(diffID: $0.blob(), blob: $0.blob(), byteCount: $0.count()) }), card(),
            ledgerQuery(), ledgerAnswer(), ledgerRecord(), CertificateQuery(request: bytes(), certificate: bytes()),
            random.pick([CertificateAnswer.granted(pem: text()), .refused(reason: text()), .keyless]),
            AvailabilityQuery(names: list { $0.heldName() }),
            AvailabilityAnswer(
                rows: list { HoldingsRow(name: $0.word(), count: $0.small(), isLiar: $0.flag()) },
                holders: list { Holders(nodes: $0.list { $0.word() }) }),
            MemberRows(rows: list { $0.row() }), GossipPacket(bytes: bytes()), DrainReason(text()),
            StageEvents(list(max: 6) { $0.event() }), context(), shippedLayer(),
            ShippedSecret(id: text(), bytes: bytes()),
            ClaimQuery(number: random.next(), wants: list { $0.want() }, wait: .seconds(small())),
            ClaimAnswers(answers: list(max: 6) { $0.claimAnswer() }),
            ClaimRefresh(claims: list { HeldClaim(number: $0.random.next(), want: $0.want()) }),
            ClaimReleases(
                releases: list { ClaimRelease(number: $0.random.next(), key: $0.want().key, isMade: $0.flag()) }),
        ]
    }

    mutating func ledgerRecord() -> LedgerRecord {
        LedgerRecord(id: stageID(), state: random.pick([.won, .tagged, .rejected]), text: bytes())
    }

    mutating func ledgerRecords() -> LedgerRecords {
        LedgerRecords(
            list { $0.ledgerRecord() }, version: count(),
            next: optional { LedgerPlace(last: $0.stageID(), version: $0.count()) })
    }

    mutating func ledgerQuery() -> LedgerQuery {
        let question: LedgerQuery.Question =
            switch random.below(8) {
            case 0: .voters
            case 1: .epoch
            case 2: .publications(digest(), isAgreed: flag())
            case 3: .propose(ledgerRecord(), version: count())
            case 4: .mark(stageID(), manifest: blob(), as: random.pick([.won, .tagged, .rejected]))
            case 5: .initialise
            case 6: .page(optional { LedgerPlace(last: $0.stageID(), version: $0.count()) })
            default: .repos
            }
        return LedgerQuery(
            question, repo: text(), buildClass: random.pick(["", "ci"]), epoch: random.pick(["", "5f"]))
    }

    mutating func ledgerAnswer() -> LedgerAnswer {
        switch random.below(9) {
        case 0: .voters(list { LedgerVoter(name: $0.word(), address: "h:1") })
        case 1: .epoch(random.pick(["", "5f"]))
        case 2: .records(ledgerRecords())
        case 3: .won
        case 4: .lost(ledgerRecords())
        case 5: .parentChanged(stageID())
        case 6: .marked(random.pick([.won, .tagged, .rejected]))
        case 7: .repos(list { $0.text() })
        default:
            .failed(
                LedgerFailure(
                    random.pick([.unavailable, .outcomeUnknown, .full, .tooOld]), [text()],
                    id: optional { $0.stageID() }))
        }
    }

    mutating func stageID() -> StageID { StageID(digest: digest(), timestamp: count()) }

    mutating func heldName() -> HeldName {
        flag() ? HeldName(step: digest()) : flag() ? HeldName(layer: blob()) : HeldName(blob: blob())
    }

    mutating func want() -> ClaimWant {
        ClaimWant(
            key: ClaimKey(buildClass: random.pick(["", "ci"]), digest: digest()), build: "b-2", isCopy: flag(),
            refusesResults: flag())
    }

    mutating func claimAnswer() -> ClaimAnswer {
        random.pick([.granted, .held(by: word(), build: "b"), .settling, .made(at: word()), .notHome, .full])
    }
}
