module calls

go 1.24.0

require colonyos v0.0.0

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/decred/dcrd/crypto/blake256 v1.1.0 // indirect
	github.com/decred/dcrd/dcrec/secp256k1/v4 v4.4.1 // indirect
)

replace colonyos => ../colonyos
