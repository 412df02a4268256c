// The SDK's own typings, module by module: nothing else of the package gets into scope.
/// <reference path="../../node_modules/@moddable/typings/xs.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/timer.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/time.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/preference.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/Resource.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/file.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/wifi.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/net.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/debug.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/instrumentation.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/mc/config.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/embedded_io/_common.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/embedded_io/digital.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/embedded_io/socket/tcp.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/embedded_io/socket/udp.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/embedded_io/socket/listener.d.ts" />
/// <reference path="../../node_modules/@moddable/typings/embedded_network/mqtt/client.d.ts" />
