// What a node does when it is called: the protocol that a node fulfils, without links and coders.

/// The distributed actor `NodeDesk` is a thin shell over it.
package protocol NodeServices: Sendable {
    func card() async -> NodeCard
    func members() async -> MemberRows
    func gossip(_ packet: GossipPacket, from peer: PeerIdentity) async -> GossipPacket
    func availability(_ query: AvailabilityQuery) async -> AvailabilityAnswer
    // What looks at disks runs beside the desk, which would answer nobody else meanwhile.
    @concurrent func remembered(_ query: StepQuery) async -> RememberedSteps
    @concurrent func lacking(_ query: NeedsQuery) async -> Lacking
    @concurrent func layerBlobs(_ query: LayerQuery) async -> LayerBlobs
    /// The caller is `IncomingCall.current?.peer`; nil for one in this process.
    @concurrent func perform(_ order: ShippedOrder, events: EventQueue) async -> StageOutcome
    func claim(_ query: ClaimQuery, from peer: PeerIdentity) async -> ClaimAnswers
    func refresh(_ claims: ClaimRefresh, from peer: PeerIdentity) async
    func release(_ releases: ClaimReleases, from peer: PeerIdentity) async
    func certificate(_ query: CertificateQuery, from peer: PeerIdentity) async -> CertificateAnswer
    func ledger(_ query: LedgerQuery, from peer: PeerIdentity) async -> LedgerAnswer
    func drain(_ reason: String) async
}
