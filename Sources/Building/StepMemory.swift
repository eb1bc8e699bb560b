// Results of steps in a node's store: what builds may take of them, and who stands for them.
package import BlobStore
package import Digests
package import Stages

package struct StepMemory: Sendable {
    let store: Store
    /// Nil where no other node takes results, and the store's own word is enough.
    let witness: (any StepWitness)?

    package init(store: Store, witness: (any StepWitness)?) {
        self.store = store
        self.witness = witness
    }

    /// What a build of `scope` may take.
    package func remembered(_ steps: [StageDigest], by scope: StepScope) -> [StageDigest: StatedStep] {
        var found: [StageDigest: StatedStep] = [:]
        for step in steps {
            found[step] = scope.keys(of: step).lazy.compactMap { kept($0, for: scope) }.first
        }
        // What is told of stays for a while; a layer that was cleaned away makes its step unknown.
        try? store.pins.leaseLayers(found.values.compactMap { $0.step.layer?.diffID })
        return found.filter { step in hasLayer(of: step.value.step) }
    }

    private func kept(_ key: StageDigest, for scope: StepScope) -> StatedStep? {
        store.steps.read(key).flatMap { StatedStep(record: $0) }
            .flatMap { hasLayer(of: $0.step) && isBelieved($0, by: scope) ? $0 : nil }
    }

    // On a node of a mesh a result without a statement is from before there were any: it may have come from anybody, and
    // is neither given nor taken. A host that builds for itself trusts its own disk.
    private func isBelieved(_ stated: StatedStep, by scope: StepScope) -> Bool {
        guard let witness else { return true }
        guard let statement = stated.statement, scope.buildClasses.contains(statement.buildClass) else { return false }
        return witness.stillBelieves(statement)
    }

    private func hasLayer(of step: RememberedStep) -> Bool {
        step.layer.map { store.layers.contains($0.diffID) } ?? true
    }

    /// This node's word for what it made for a build of `scope`; nil where nobody asks for it.
    func statement(of step: RememberedStep, as digest: StageDigest, by scope: StepScope) -> StepStatement? {
        witness?.statement(of: step, as: digest, for: scope.buildClass)
    }

    /// Keeps what this node or another made for a build of `scope`, and whose layer is here.
    package func remember(_ stated: StatedStep, as digest: StageDigest, by scope: StepScope) throws {
        try store.steps.write(scope.key(of: digest), stated.record)
    }
}
