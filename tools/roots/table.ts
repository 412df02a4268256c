/** The public roots that the device carries, by common name (GlobalSign's older ones: by unit), and the servers that need them. */

export interface RootGroup {
  /** What stands below them, as docs/tls.md says it. */
  readonly servers: string;
  readonly roots: readonly string[];
}

export const ROOT_GROUPS: readonly RootGroup[] = [
  {
    servers: "Amazon Trust Services: AWS IoT, API Gateway, Lambda URLs, CloudFront",
    roots: [
      "Amazon Root CA 1",
      "Amazon Root CA 2",
      "Amazon Root CA 3",
      "Amazon Root CA 4",
      "Starfield Services Root Certificate Authority - G2",
    ],
  },
  { servers: "Let's Encrypt", roots: ["ISRG Root X1", "ISRG Root X2"] },
  {
    servers: "Google Trust Services: Google Cloud, Cloudflare",
    roots: ["GTS Root R1", "GTS Root R2", "GTS Root R3", "GTS Root R4", "GlobalSign ECC Root CA - R4"],
  },
  {
    servers: "GlobalSign, AlphaSSL: Alibaba Cloud, Baidu AI Cloud",
    roots: [
      "GlobalSign Root CA - R3",
      "GlobalSign ECC Root CA - R5",
      "GlobalSign Root CA - R6",
      "GlobalSign Root R46",
      "GlobalSign Root E46",
    ],
  },
  {
    servers:
      "DigiCert, GeoTrust, RapidSSL, TrustAsia's older ones: Alibaba Cloud, Tencent Cloud, Huawei Cloud, Baidu AI Cloud, Azure",
    roots: [
      "DigiCert Global Root CA",
      "DigiCert Global Root G2",
      "DigiCert Global Root G3",
      "DigiCert High Assurance EV Root CA",
      "DigiCert Trusted Root G4",
      "DigiCert TLS ECC P384 Root G5",
      "DigiCert TLS RSA4096 Root G5",
    ],
  },
  {
    servers: "Sectigo, ZeroSSL, WoTrus, TrustAsia's by Sectigo",
    roots: [
      "USERTrust RSA Certification Authority",
      "USERTrust ECC Certification Authority",
      "COMODO RSA Certification Authority",
      "COMODO ECC Certification Authority",
      "Sectigo Public Server Authentication Root R46",
      "Sectigo Public Server Authentication Root E46",
    ],
  },
  {
    servers: "Azure",
    roots: ["Microsoft RSA Root Certificate Authority 2017", "Microsoft ECC Root Certificate Authority 2017"],
  },
  { servers: "SSL.com: Cloudflare", roots: ["SSL.com TLS RSA Root CA 2022", "SSL.com TLS ECC Root CA 2022"] },
  {
    servers: "Go Daddy, Starfield",
    roots: ["Go Daddy Root Certificate Authority - G2", "Starfield Root Certificate Authority - G2"],
  },
  {
    servers: "Certum, and resellers below it in China",
    roots: ["Certum Trusted Network CA", "Certum Trusted Root CA", "Certum EC-384 CA"],
  },
  {
    servers: "TrustAsia's own",
    roots: [
      "TrustAsia Global Root CA G3",
      "TrustAsia Global Root CA G4",
      "TrustAsia TLS RSA Root CA",
      "TrustAsia TLS ECC Root CA",
    ],
  },
  { servers: "iTrusChina (vTrus)", roots: ["vTrus Root CA", "vTrus ECC Root CA"] },
  { servers: "CFCA: banks and payment in China", roots: ["CFCA EV ROOT"] },
  { servers: "GDCA", roots: ["GDCA TrustAUTH R5 ROOT"] },
  { servers: "BJCA", roots: ["BJCA Global Root CA1", "BJCA Global Root CA2"] },
];

export const ROOT_NAMES: readonly string[] = ROOT_GROUPS.flatMap(({ roots }) => roots);
