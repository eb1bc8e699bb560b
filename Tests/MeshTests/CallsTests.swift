// Calls between two nodes, each told as a story on a simulated link.
import Distributed
import Mesh
import MeshSimulation
import Reports
import Testing

@Suite struct `Calls between nodes` {
    /// Runs a story between two desks, and gives what it wrote down.
    static func tell(
        seed: UInt64 = 1, leftRole: PeerIdentity.Role = .node, limits: CallLimits = CallLimits(),
        time: Duration = .seconds(1), lines: Int = 0, rightProtocols: ClosedRange<UInt32>? = nil,
        _ story: @escaping @Sendable (DeskPair, SimulatedClock, Diary) async throws -> Void
    ) throws -> (lines: [String], ends: (left: LinkEnd, right: LinkEnd), pair: DeskPair) {
        try Simulation.run(seed: seed) { clock in
            let pair = DeskPair(
                clock, seed: seed, leftRole: leftRole, limits: limits, time: time, lines: lines,
                rightProtocols: rightProtocols)
            let diary = Diary()
            let ends = await pair.run { pair in
                do { try await story(pair, clock, diary) } catch { diary.write("\(error)") }
            }
            return (diary.lines, ends, pair)
        }
    }

    /// Each function is called, so each symbol in the table is the compiler's.
    @Test func `reach every function of a desk`() throws {
        let told = try Self.tell { pair, _, diary in
            let desk = try NodeDesk.at("right", from: pair.left)
            diary.write(try await desk.card().name)
            diary.write("\(try await desk.members().rows.count)")
            diary.write("\(try await desk.gossip(GossipPacket(bytes: [1, 2, 3])).bytes)")
            diary.write("\(try await desk.availability(AvailabilityQuery(names: [])).rows.count)")
            diary.write("\(try await desk.remembered(StepQuery(steps: [], buildClass: "")).steps.count)")
            diary.write("\(try await desk.lacking(NeedsQuery(objects: [], layers: [])).objects.count)")
            diary.write("\(try await desk.layerBlobs(LayerQuery(diffIDs: [])).blobs.count)")
            try await desk.refreshClaims(GoldenMessages.claimRefresh)
            try await desk.releaseClaims(GoldenMessages.claimReleases)
            diary.write("\(try await desk.claim(GoldenMessages.claimQuery).answers)")
            diary.write("\(try await desk.certificate(CertificateQuery(request: [], certificate: [])))")
            diary.write("\(try await desk.ledger(LedgerQuery(.repos)))")
            try await desk.drain(DrainReason("because"))
            let watcher = BuildWatcher.open("ear", on: pair.left) { _ in }
            if case .made = try await desk.perform(Drawn.order()) { diary.write("made") }
            withExtendedLifetime(watcher) {}
        }
        #expect(
            told.lines == [
                "n1.example", "0", "[3, 2, 1]", "0", "0", "0", "0", #"[Mesh.ClaimAnswer.held(by: "left", build: "b")]"#,
                "keyless", #"repos(["left"])"#, "made",
            ])
        #expect(told.pair.rightServices.values.gossipers == ["left"])
        #expect(told.pair.rightServices.values.claims == ["left refreshes 7", "left releases 8"])
        #expect(told.ends.left == .left("done"))
        #expect(told.ends.right == .goodbye("done"))
    }

    @Test func `of this node's own desk are no calls over a link`() throws {
        let told = try Self.tell { pair, _, diary in
            let desk = try NodeDesk.at("left", from: pair.left)
            diary.write(try await desk.card().name)
        }
        #expect(told.lines == ["n1.example"])
        #expect(told.pair.right.counts.values.calls == 0)
    }

    @Test func `that take too long end with their deadline, at both ends`() throws {
        let told = try Self.tell(time: .seconds(60)) { pair, clock, diary in
            let desk = try NodeDesk.at("right", from: pair.left)
            do {
                _ = try await CallTimeout.$current.withValue(.seconds(3)) { try await desk.card() }
            } catch { diary.write("\(error) after \(clock.now.elapsed < .seconds(4) ? "3 s" : "longer")") }
            try await clock.sleep(for: .seconds(1))
            diary.write("\(pair.rightServices.values.running) run, \(pair.rightServices.values.stopped) stopped")
        }
        #expect(told.lines == ["right did not answer node.card/1 in time after 3 s", "0 run, 1 stopped"])
        #expect(told.ends.right == .goodbye("done"))
    }

    @Test func `that are cancelled end at once, and stop at the other end`() throws {
        let told = try Self.tell(time: .seconds(60)) { pair, clock, diary in
            let desk = try NodeDesk.at("right", from: pair.left)
            await withDiscardingTaskGroup { group in
                group.addTask {
                    do { _ = try await desk.card() } catch { diary.write("\(error) at \(clock.now.elapsed)") }
                }
                try? await clock.sleep(for: .seconds(2))
                diary.write("cancel at \(clock.now.elapsed)")
                group.cancelAll()
            }
            try await clock.sleep(for: .seconds(1))
            diary.write("\(pair.rightServices.values.running) run, \(pair.rightServices.values.stopped) stopped")
        }
        #expect(told.lines.count == 3)
        #expect(told.lines.first?.dropFirst("cancel".count) == told.lines[1].dropFirst("CancellationError()".count))
        #expect(told.lines.last == "0 run, 1 stopped")
    }

    @Test func `fail when the link is cut, and nothing goes on`() throws {
        let told = try Self.tell(time: .seconds(60)) { pair, clock, diary in
            let desk = try NodeDesk.at("right", from: pair.left)
            await withDiscardingTaskGroup { group in
                for _ in 0..<5 {
                    group.addTask { do { _ = try await desk.card() } catch { diary.write("\(error)") } }
                }
                try? await clock.sleep(for: .seconds(2))
                pair.leftLink.cut()
            }
            try await clock.sleep(for: .milliseconds(1))
            diary.write("\(pair.rightServices.values.running) run, \(pair.rightServices.values.stopped) stopped")
            do { _ = try await desk.card() } catch { diary.write("\(error)") }
        }
        #expect(
            told.lines == Array(repeating: "no link to right: it broke: cut", count: 5) + [
                "0 run, 5 stopped", "no link to right: there is none",
            ])
        #expect(told.ends.left == .broken("cut"))
        #expect(told.ends.right == .broken("cut"))
    }

    @Test func `over a link that is dead in one direction fail when nothing was heard for long`() throws {
        for fromLeft in [true, false] {
            let told = try Self.tell(time: .seconds(6_000)) { pair, clock, diary in
                let desk = try NodeDesk.at("right", from: pair.left)
                await withDiscardingTaskGroup { group in
                    let watcher = BuildWatcher.open("ear", on: pair.left) { _ in }
                    group.addTask {
                        do { _ = try await desk.perform(Drawn.order()) } catch { diary.write("\(error)") }
                        withExtendedLifetime(watcher) {}
                    }
                    try? await clock.sleep(for: .seconds(2))
                    (fromLeft ? pair.leftLink : pair.rightLink).silence()
                }
                diary.write("before 3 min: \(clock.now.elapsed < .seconds(180))")
                try await clock.sleep(for: .seconds(120))
                diary.write("\(pair.rightServices.values.running) run")
            }
            #expect(told.lines.count == 3)
            #expect(told.lines.first?.hasPrefix("no link to right: ") == true)
            #expect(told.lines.suffix(2) == ["before 3 min: true", "0 run"])
        }
    }

    @Test func `survive a link that stalls for a while`() throws {
        let told = try Self.tell { pair, clock, diary in
            try await clock.sleep(for: .seconds(1))
            pair.leftLink.stall(for: .seconds(20))
            pair.rightLink.stall(for: .seconds(25))
            let desk = try NodeDesk.at("right", from: pair.left)
            diary.write(try await CallTimeout.$current.withValue(.seconds(60)) { try await desk.card().name })
        }
        #expect(told.lines == ["n1.example"])
    }

    @Test func `beyond what a peer takes at once are answered busy`() throws {
        var limits = CallLimits()
        limits.incomingCallsMax = 3
        let told = try Self.tell(limits: limits) { pair, _, diary in
            let desk = try NodeDesk.at("right", from: pair.left)
            await withDiscardingTaskGroup { group in
                for _ in 0..<10 {
                    group.addTask {
                        do { diary.write(try await desk.card().name) } catch { diary.write("\(error)") }
                    }
                }
            }
            diary.write(try await desk.card().name)
        }
        #expect(told.lines.count { $0 == "n1.example" } == 4)
        #expect(told.lines.count { $0 == "right is busy" } == 7)
        #expect(told.pair.right.counts.values.busy == 7)
        #expect(told.pair.rightServices.values.most == 3)
    }

    @Test func `that only nodes may make are refused to clients, and counted`() throws {
        let told = try Self.tell(leftRole: .client) { pair, _, diary in
            let desk = try NodeDesk.at("right", from: pair.left)
            do { _ = try await desk.gossip(GossipPacket(bytes: [1])) } catch { diary.write("\(error)") }
            diary.write(try await desk.card().name)
        }
        #expect(told.lines == ["right refused: a client may not call node.gossip/1", "n1.example"])
        #expect(told.pair.right.counts.values.refusedCallers == 1)
        #expect(told.pair.rightServices.values.gossipers == [])
    }

    /// A client's certificate may bear any name that its authority signs.
    @Test func `never go to a client that has the name of a node`() throws {
        let told = try Self.tell(leftRole: .client) { pair, _, diary in
            let desk = try NodeDesk.at("left", from: pair.right)
            do { _ = try await desk.card() } catch { diary.write("\(error)") }
        }
        #expect(told.lines == ["no link to left: there is none"])
    }

    @Test func `to actors that aren't there are refused`() throws {
        let told = try Self.tell { pair, _, diary in
            for id in ["nobody", "ear", NodeDesk.name] {
                let heard = try BuildWatcher.resolve(id: MeshAddress(node: "right", actor: id), using: pair.left)
                do { try await heard.heard(StageEvents([])) } catch { diary.write("\(error)") }
            }
        }
        #expect(
            told.lines
                == ["nobody", "ear", "node"].map { "right refused: right has nobody named \($0) for build.heard/1" })
        #expect(told.pair.right.counts.values.unknownActors == 3)
    }

    @Test func `carry messages of many frames beside small ones`() throws {
        let told = try Self.tell { pair, clock, diary in
            let desk = try NodeDesk.at("right", from: pair.left)
            let big = GossipPacket(bytes: (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0) })
            await withDiscardingTaskGroup { group in
                for _ in 0..<3 {
                    group.addTask {
                        let answer = try? await desk.gossip(big)
                        diary.write("big \(answer?.bytes == big.bytes.reversed())")
                    }
                }
                try? await clock.sleep(for: .milliseconds(1))
                group.addTask {
                    diary.write("small \((try? await desk.gossip(GossipPacket(bytes: [1, 2])))?.bytes ?? [])")
                }
            }
        }
        // The frames on their way when it was made are before it.
        #expect(told.lines.firstIndex(of: "small [2, 1]").map { $0 < 2 } == true)
        #expect(told.lines.count { $0 == "big true" } == 3)
    }

    @Test func `too large for a message fail where they are made`() throws {
        let told = try Self.tell { pair, _, diary in
            let desk = try NodeDesk.at("right", from: pair.left)
            let packet = GossipPacket(bytes: Array(repeating: 0, count: MessageLimits.payloadBytesMax))
            do { _ = try await desk.gossip(packet) } catch {
                diary.write("\(error)".contains("at most") ? "too large" : "\(error)")
            }
            // This one the other side doesn't take, and the link lives on.
            let refused = GossipPacket(bytes: Array(repeating: 0, count: MessageLimits.payloadBytesMax - 5))
            do { _ = try await desk.gossip(refused) } catch {
                diary.write("\(error)".contains("bytes has 67104763") ? "refused" : "\(error)")
            }
        }
        #expect(told.lines == ["too large", "refused"])
    }
}
