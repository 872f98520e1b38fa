#!/bin/sh
# Made the files beside this one once, with OpenSSL 3.0: security objects
# written by other software than ours, over the data groups of a synthetic
# passport of Utopia that package mint made (seed 1). The *.lds are their
# contents: lds.lds has the right hashes, the others are wrong as named. Each
# .der is named after the check that refuses it, or accepted. The keys were
# thrown away.
set -e
O="O=Halfmask synthetic authority"
ca() { openssl req -x509 -newkey $1 -nodes -keyout $2-ca.key -out $2-ca.pem -days 10950 -subj "/C=UT/$O/CN=OpenSSL CA $2" -set_serial $3 \
  -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"; }
ds() { openssl req -newkey $1 -nodes -keyout $2.key -out $2.csr -subj "/$5/$O/CN=OpenSSL signer $2"
  printf "keyUsage=critical,$6\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n" > $2.cnf
  openssl x509 -req -in $2.csr -CA $3-ca.pem -CAkey $3-ca.key -set_serial $4 -days 10900 -out $2.pem -extfile $2.cnf; }
ca rsa:2048 rsa 17
ca "ec -pkeyopt ec_paramgen_curve:P-384" ec 18
ds rsa:2048 rsa rsa 33 C=UT digitalSignature
ds "ec -pkeyopt ec_paramgen_curve:P-384" ec ec 34 C=UT digitalSignature
ds rsa:2048 elsewhere rsa 35 C=QQ digitalSignature
ds rsa:2048 nowhere rsa 36 L=Utopia digitalSignature
ds rsa:2048 cipher rsa 37 C=UT keyEncipherment
sign() { f=$1; shift; openssl cms -sign -binary -nodetach -nosmimecap -econtent_type 2.23.136.1.1.1 -outform DER -out $f.der "$@"; }
by() { echo "-signer $1.pem -inkey $1.key"; }
PSS="-keyopt rsa_padding_mode:pss"
sign accepted--rsa-sha256 -md sha256 $(by rsa) -in lds.lds
sign accepted--rsa-sha512-keyid -md sha512 $(by rsa) -keyid -in lds.lds
sign accepted--pss-sha256 -md sha256 $(by rsa) $PSS -keyopt rsa_pss_saltlen:32 -in lds.lds
sign accepted--pss-sha512-keyid -md sha512 $(by rsa) $PSS -keyopt rsa_pss_saltlen:64 -keyid -in lds.lds
sign accepted--ecdsa-sha384 -md sha384 $(by ec) -in lds.lds
sign accepted--lds-v1 -md sha256 $(by rsa) -in lds-v1.lds
for l in lds-v1-without-version lds-v2 lds-dg17 lds-short-hash lds-sha1 lds-more lds-trailing lds-empty; do
  sign sod-structure--$l -md sha256 $(by rsa) -in $l.lds
done
sign sod-hash--no-dg1 -md sha256 $(by rsa) -in lds-no-dg1.lds
sign sod-structure--sha1 -md sha1 $(by ec) -in lds.lds
sign sod-structure--sha224 -md sha224 $(by rsa) -in lds.lds
sign sod-structure--second-certificate -md sha256 $(by rsa) -certfile rsa-ca.pem -in lds.lds
sign sod-structure--two-signers -md sha256 $(by rsa) $(by ec) -in lds.lds
sign sod-structure--no-attributes -md sha256 $(by rsa) -noattr -in lds.lds
sign sod-structure--no-certificate -md sha256 $(by rsa) -nocerts -in lds.lds
sign sod-structure--indefinite-length -stream -md sha256 $(by rsa) -in lds.lds
openssl cms -sign -binary -nodetach -nosmimecap -md sha256 $(by rsa) -in lds.lds -outform DER -out sod-structure--other-content-type.der
sign sod-signature--pss-short-salt -md sha256 $(by rsa) $PSS -keyopt rsa_pss_saltlen:20 -in lds.lds
sign sod-signature--pss-other-mask -md sha256 $(by rsa) $PSS -keyopt rsa_pss_saltlen:32 -keyopt rsa_mgf1_md:sha512 -in lds.lds
sign sod-signer--country-ca -md sha256 -signer rsa-ca.pem -inkey rsa-ca.key -in lds.lds
sign sod-signer--key-for-ciphering -md sha256 $(by cipher) -in lds.lds
sign sod-signer-country--elsewhere -md sha256 $(by elsewhere) -in lds.lds
sign sod-signer-country--nowhere -md sha256 $(by nowhere) -in lds.lds
