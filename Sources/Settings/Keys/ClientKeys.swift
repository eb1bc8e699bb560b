// The keys of a client's config file, `mesh.yaml`.

extension KeyTable {
    package static let client = KeyTable(keys: [
        DocumentedKey("certificate", "ci.pem", "The certificate, from `weft ca issue client`."),
        DocumentedKey("key", "ci.key", "Its private key; mode 0600."),
        DocumentedKey("authority", "authority.pem", "The mesh's authority: who is believed."),
        DocumentedKey("join", "[10.0.0.1:5090, 10.0.0.2:5090]", "Nodes to ask; the first that answers is taken."),
        DocumentedKey("class", "default", "Class of the builds; one of the certificate's."),
        DocumentedKey("work", "", "Whether this host builds stages itself."),
        DocumentedKey(
            "work.here", "auto", "auto: stages that no node takes in time; always: as one more node; never."),
        DocumentedKey("work.slots", "4", "Stages that run here at once. Absent: as many as cores."),
    ])
}
