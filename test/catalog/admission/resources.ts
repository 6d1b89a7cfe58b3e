export interface Resource {
  metadata: Record<string, unknown>;
  spec: Record<string, unknown>;
  [key: string]: unknown;
}

const JOB = { jarURI: 'local:///opt/flink/usrlib/job.jar', entryClass: 'shop.Main', parallelism: 2, state: 'running', upgradeMode: 'stateless' };

/** A FlinkDeployment; parts of the spec are laid over it, those of the job over the job, and null leaves a part out. */
export function deployment({ job, ...spec }: { readonly job?: object | null; readonly [key: string]: unknown } = {}, annotations: Record<string, string> = {}): Resource {
  return {
    apiVersion: 'flink.apache.org/v1beta1',
    kind: 'FlinkDeployment',
    metadata: { name: 'orders-enrich', namespace: 'shop', annotations },
    spec: { image: 'flink:1.20', flinkVersion: 'v1_20', taskManager: { resource: { memory: '2048m', cpu: 1 } }, ...spec, ...(job === null ? {} : { job: { ...JOB, ...job } }) },
  };
}

export function sessionJob(annotations: Record<string, string> = {}): Resource {
  return { apiVersion: 'flink.apache.org/v1beta1', kind: 'FlinkSessionJob', metadata: { name: 'alerts', namespace: 'shop', annotations }, spec: { deploymentName: 'session', job: JOB } };
}

export function review(operation: string, object: object | null, oldObject: object | null = null, rest: object = {}): object {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: { uid: `uid-${operation}`, operation, object, oldObject, dryRun: false, ...rest } };
}
