// What other parts keep in the store, so that a cleaner knows what it may not take.
package import Cleaning

/// An image, or what is remembered of one.
package struct StoreClaim: Sendable {
    package enum Standing: Sendable {
        /// Can be learned again.
        case memory
        /// Stays unless images are asked for.
        case image
        /// Stays.
        case root
    }

    package let item: StoredItem
    package let standing: Standing

    /// - Parameters:
    ///   - name: unique among all claims.
    ///   - lastUse: Unix seconds.
    package init(_ name: String, _ standing: Standing, lastUse: Int64, needs: [ItemName]) {
        let name = ItemName(standing == .memory ? .memory : .image, name)
        item = StoredItem(name, byteCount: 0, lastUse: lastUse, needs: needs)
        self.standing = standing
    }
}

package protocol StoreClaims: Sendable {
    /// All that there are. An error ends the cleaning: what is not known can't be kept.
    func claims() throws -> [StoreClaim]
    /// Removes one of them; nothing there is no error. What it needs may go afterwards.
    func remove(_ item: ItemName) throws
}
