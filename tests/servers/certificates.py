"""A certificate authority for one test run, with the certificates that mail servers show, good and bad."""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
VALIDITY = datetime.timedelta(days=2)


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key in one PEM file, as servers want it."""

    path: Path  # key, certificate; readable by the owner alone

    @cached_property
    def sha256(self) -> str:
        """Its fingerprint, in hex."""
        return x509.load_pem_x509_certificate(self.path.read_bytes()).fingerprint(hashes.SHA256()).hex()

    @cached_property
    def server_context(self) -> ssl.SSLContext:
        """For a server that shows this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context


class CertificateAuthority:
    """A fresh authority whose own certificate is `ca_path`; nothing on this machine trusts it by itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca_path = folder / "ca.pem"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Postroom test authority")])
        self._certificate = self._sign(
            self._name, self._key.public_key(), is_authority=True, valid_from=_now(), names=()
        )
        self.ca_path.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    @cached_property
    def client_context(self) -> ssl.SSLContext:
        """For a client that trusts this authority and checks names."""
        return ssl.create_default_context(cafile=self.ca_path)

    def issue(self, *names: str, expired: bool = False) -> Certificate:
        """A certificate for these host names and addresses; without names, for this machine's loopback.

        expired: it ended yesterday.
        """
        names = names or LOCAL_NAMES
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        valid_from = _now() - (VALIDITY + datetime.timedelta(days=1) if expired else datetime.timedelta())
        certificate = self._sign(subject, key.public_key(), is_authority=False, valid_from=valid_from, names=names)
        return self._kept(certificate, key)

    def self_signed(self, *names: str) -> Certificate:
        """A certificate that vouches for itself, as servers make one when they are set up."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, (names or LOCAL_NAMES)[0])])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_now() - datetime.timedelta(hours=1))
            .not_valid_after(_now() + VALIDITY)
            .add_extension(
                x509.SubjectAlternativeName([_alternative(each) for each in names or LOCAL_NAMES]), critical=False
            )
        )
        return self._kept(builder.sign(key, hashes.SHA256()), key)

    def _kept(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Certificate:
        path = self.folder / f"certificate-{certificate.serial_number:x}.pem"
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return Certificate(path)

    def _sign(
        self,
        subject: x509.Name,
        public_key: ec.EllipticCurvePublicKey,
        *,
        is_authority: bool,
        valid_from: datetime.datetime,
        names: tuple[str, ...],
    ) -> x509.Certificate:
        # The extensions are those that Python 3.13's strict verification asks for (RFC 5280, 4.2.1).
        authority_key = self._key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(valid_from - datetime.timedelta(hours=1))
            .not_valid_after(valid_from + VALIDITY)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(_key_usage(is_authority=is_authority), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key), critical=False)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
            ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
