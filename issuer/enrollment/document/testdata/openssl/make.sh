#!/bin/sh
# Made the files beside this one once, with OpenSSL 3.0: security objects written by other software than ours,
# over the data groups of a synthetic passport of Utopia that package mint made (seed 1); lds.der holds their hashes.
# The keys were thrown away.
set -e
C="/C=UT/O=Halfmask synthetic authority"
ca() { openssl req -x509 -newkey $1 -nodes -keyout $2-ca.key -out $2-ca.pem -days 10950 -subj "$C/CN=OpenSSL CA $2" -set_serial $3 \
  -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" $4 2>/dev/null; }
ds() { openssl req -newkey $1 -nodes -keyout $2.key -out $2.csr -subj "$C/CN=OpenSSL signer $2" 2>/dev/null
  openssl x509 -req -in $2.csr -CA $3-ca.pem -CAkey $3-ca.key -set_serial $4 -days 10900 -out $2.pem -extfile ext.cnf $5 2>/dev/null; }
printf 'keyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' > ext.cnf
ca "rsa:2048" rsa 17; ca "ec -pkeyopt ec_paramgen_curve:P-384" ec 18
ds "rsa:2048" rsa rsa 33; ds "ec -pkeyopt ec_paramgen_curve:P-384" ec ec 34
S="openssl cms -sign -binary -nodetach -nosmimecap -econtent_type 2.23.136.1.1.1 -in lds.der -outform DER"
$S -md sha256 -signer rsa.pem -inkey rsa.key -out rsa-sha256.der
$S -md sha512 -signer rsa.pem -inkey rsa.key -keyid -out rsa-sha512-keyid.der
$S -md sha256 -signer rsa.pem -inkey rsa.key -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:32 -out pss-sha256.der
$S -md sha384 -signer ec.pem -inkey ec.key -out ecdsa-sha384.der
$S -md sha1 -signer ec.pem -inkey ec.key -out refused-sha1.der
$S -md sha256 -signer rsa.pem -inkey rsa.key -certfile rsa-ca.pem -out refused-second-certificate.der
$S -md sha256 -signer rsa.pem -inkey rsa.key -signer ec.pem -inkey ec.key -out refused-two-signers.der
$S -md sha256 -signer rsa.pem -inkey rsa.key -noattr -out refused-no-attributes.der
$S -md sha256 -signer rsa.pem -inkey rsa.key -nocerts -out refused-no-certificate.der
$S -md sha256 -signer rsa.pem -inkey rsa.key -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:20 -out refused-pss-short-salt.der
openssl cms -sign -binary -nodetach -nosmimecap -md sha256 -signer rsa.pem -inkey rsa.key -in lds.der -outform DER -out refused-other-content-type.der
openssl cms -sign -binary -stream -nodetach -nosmimecap -econtent_type 2.23.136.1.1.1 -md sha256 -signer rsa.pem -inkey rsa.key -in lds.der -outform DER -out refused-indefinite-length.der
