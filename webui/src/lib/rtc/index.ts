export { callsSupported, DeviceError, listDevices, openInput, playOn, watchDevices } from "./devices";
export type { DeviceLists, DeviceProblem, InputKind } from "./devices";
export { Input, openTogether } from "./input";
export { pause, retryDelay } from "./ladder";
export { Leg, LegRefused } from "./leg";
export type { LegOptions, LegState } from "./leg";
export { Level } from "./level";
export { Ring } from "./ring";
