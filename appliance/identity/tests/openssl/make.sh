#!/bin/sh
# Makes the certificates beside this file with OpenSSL 3: for each kind of authority one file with a room's certificate and
# then the authority's. The keys are thrown away. Run it in this directory; nothing needs it but who adds a kind.
set -eu
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT

printf '%s\n' 'keyUsage=critical,digitalSignature' 'extendedKeyUsage=clientAuth' >"$keys/room.ext"

# name, how the authority's key is made, how it signs
make() {
    name=$1 key=$2
    shift 2
    # shellcheck disable=SC2086 # the key's options are words
    openssl genpkey $key -out "$keys/ca.pem"
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$keys/room.pem"
    openssl req -x509 -new -key "$keys/ca.pem" -days 36500 -subj "/C=FR/O=Authority $name/CN=Root" -out "$keys/ca.crt" "$@" \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign'
    openssl req -new -key "$keys/room.pem" -subj '/CN=Salle Jean Monnet/serialNumber=room-7' -utf8 -out "$keys/room.csr"
    openssl x509 -req -in "$keys/room.csr" -CA "$keys/ca.crt" -CAkey "$keys/ca.pem" -days 36500 \
        -extfile "$keys/room.ext" "$@" -out "$keys/room.crt" 2>/dev/null
    cat "$keys/room.crt" "$keys/ca.crt" >"$name.pem"
}

for bits in 2048 3072 4096; do
    for hash in sha256 sha384 sha512; do
        make "rsa-$bits-$hash" "-algorithm RSA -pkeyopt rsa_keygen_bits:$bits" "-$hash"
    done
done
make rsa-2048-pss "-algorithm RSA -pkeyopt rsa_keygen_bits:2048" -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest
make rsa-1024-sha256 "-algorithm RSA -pkeyopt rsa_keygen_bits:1024" -sha256
make rsa-2048-sha1 "-algorithm RSA -pkeyopt rsa_keygen_bits:2048" -sha1
for curve in 256 384 521; do
    make "p-$curve" "-algorithm EC -pkeyopt ec_paramgen_curve:P-$curve" -sha384
done
make ed25519 "-algorithm ED25519"
