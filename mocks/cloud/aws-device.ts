/** Of an AWS account beside the cloud: by its client id. */
export interface AwsDeviceView {
  name: string;
  /** The first eight digits of the certificate's that it has shown. */
  certificateId: string;
  online: boolean;
  /** Topic and payload of its last message. */
  last: string | null;
  lastSeenMs: number;
}
