import type { Progress } from "./progress.js";
import type { Texts } from "./texts.js";

const kilobytes = (bytes: number) => `${Math.round(bytes / 1024)} KB`;
const again = "数据没有丢失，请重新连接开发板。";
const startless = "用它烧录的开发板无法启动：请向发布者索取另一个发布包。没有写入任何内容。";

export const zhCn: Texts = {
  name: "简体中文",
  labels: {
    title: "烧录开发板",
    intro: "通过 USB 把固件写入 ESP32-S3，写入序列号和密钥，并打印标签。",
    board: "开发板",
    boardNote: "用 USB 数据线连接开发板，然后在浏览器的列表中选择串口。",
    connect: "连接",
    disconnect: "断开并运行",
    chip: "芯片",
    mac: "MAC",
    flashSize: "闪存",
    record: "出厂信息",
    recordOnBoard: "出厂信息",
    firmware: "固件",
    chooseRelease: "选择发布包",
    chooseReleaseNote: "请一次选中 manifest.json 和其中列出的所有文件。",
    part: "文件",
    offset: "地址",
    size: "大小",
    recordNote: "带签名的激活需要序列号和密钥。",
    recordKeep: "保持不变",
    recordNew: "新建",
    recordImport: "从文件导入",
    recordFile: "出厂信息（JSON）",
    recordFileNote: "出厂命令行工具的 records.jsonl，或其中一条记录。",
    recordSerial: "标签上的序列号",
    recordSerialNote: "仅当记录中没有 MAC 地址时需要。",
    serial: "序列号",
    serialNote: "1 到 64 个字母、数字或符号，不含空格。",
    hardwareVersion: "硬件版本",
    productId: "产品 ID",
    url: "配网地址",
    urlNote: "留空则使用固件中的地址，或由用户在配网时填写。",
    urlLocked: "不允许用户修改",
    password: "设备热点密码",
    passwordNote: "8 到 63 个字符，会印在标签上；留空则由设备生成，并显示在串口日志中。",
    makePassword: "换一个密码",
    keyNote: "密钥为 32 个随机字节，不会显示，随出厂信息一起保存。",
    write: "写入",
    eraseSettings: "清除开发板的设置",
    eraseSettingsNote: "包括 Wi-Fi、地址和凭据。不勾选则全部保留。",
    flash: "开始烧录",
    label: "标签",
    labelNote: "扫码即可加入设备热点，手机随后会打开配网页面。",
    print: "打印标签",
    saveJson: "保存给服务器（JSON）",
    saveCsv: "保存给服务器（CSV）",
    secretNote: "文件中含有密钥。连接下一块开发板后本页不再保留它，请立即保存并妥善传递。",
    console: "串口日志",
    consoleNote: "开发板输出的内容。除了设备自己生成的热点密码（出厂时没有写入密码时），不含任何机密。",
    listen: "打开",
    stop: "关闭",
    restart: "重启",
    reset: "恢复出厂设置",
    saveLog: "保存日志",
    wifi: "Wi-Fi",
    wifiNote: "适用于就在本地使用的开发板。设备会先试用，成功后才保存；也可以稍后在设备自己的页面上填写。",
    wifiName: "网络",
    wifiPassword: "密码",
    show: "显示",
    join: "发送给开发板",
    cancel: "取消",
  },
  layouts: {
    agent: "已有本固件，设置会保留。",
    blank: "闪存为空。",
    other: "已有其他固件，它和它的设置将被替换。",
  },
  noRecord: "无",
  connecting: "正在连接，需要几秒钟…",
  connected: "已连接。",
  noRelease: "本页旁边没有发布包。",
  checking: "正在校验文件…",
  checked: "所有文件均与清单一致。",
  writing: (progress) => (progress ? describe(progress) : "正在准备…"),
  bytes: kilobytes,
  flashed: "烧录完成，闪存内容已逐一校验。",
  starts: { awaited: "正在等待它的第一行输出…", shown: "它已启动。" },
  resetDone: "设置已清除，出厂信息仍然保留。",
  listening: "串口日志已打开。",
  wifi: {
    asking: "开发板正在试用，最多需要一分钟。",
    given: "可以使用，开发板已保存。",
    refused: {
      silent: "开发板没有应答。它的固件可能不支持通过数据线配置 Wi-Fi，请使用设备自己的页面。",
      mistyped: "名称或密码不符合 Wi-Fi 的要求。",
      "not-joined": "开发板无法加入该网络。请检查名称和密码；开发板只支持 2.4 GHz。",
      "no-address": "开发板没有配网地址。请在出厂信息中填写，或使用设备自己的页面。",
      "no-internet": "Wi-Fi 可用，但开发板无法访问配网地址。",
      service: "Wi-Fi 可用，但服务不接受这块开发板，原因见日志。",
      broker: "服务接受了这块开发板，但消息服务器不接受，原因见日志。",
      late: "开发板没有及时给出结果，进展见日志。",
      unknown: "没有成功，原因见日志。",
    },
  },
  labelNames: { serial: "序列号", mac: "MAC", network: "Wi-Fi", password: "密码", page: "网页" },
  labelAlt: (serial, mac, network) => `标签：序列号 ${serial}，MAC ${mac}，热点 ${network}`,
  questions: {
    replace: {
      title: "替换出厂信息？",
      text: "这块开发板已有出厂信息。只认识旧序列号和密钥的服务器会拒绝新的。",
      yes: "替换",
    },
    reset: {
      title: "恢复出厂设置？",
      text: "Wi-Fi、地址和凭据都会被清除，出厂信息保留。",
      yes: "恢复",
    },
    unsaved: {
      title: "不保存就继续？",
      text: "上一块开发板的密钥还没有保存。继续后本页将不再保留它，没有服务器会接受那块开发板。",
      yes: "继续",
    },
  },
  failures: {
    "no-web-serial": {
      what: () => "此浏览器无法连接开发板。",
      next: "请在电脑上用 Chrome、Edge 或 Opera 打开本页，地址须以 https:// 或 http://localhost 开头。",
    },
    "no-port": {
      what: () => "没有选择串口。",
      next: "请再次点击“连接”并选择开发板。如果列表为空，可能是只能充电的线，请换一根数据线。",
    },
    "port-busy": {
      what: () => "串口被占用。",
      next: "请关闭占用它的程序和浏览器标签页（串口监视器、其他烧录工具），然后重新连接。",
    },
    "no-answer": {
      what: () => "开发板没有响应。",
      next: "按住 BOOT 键，短按 RESET 键，松开 BOOT 键，然后重新连接。仍不行请换一根线或换一个 USB 口。",
    },
    "wrong-chip": {
      what: (chip) => `此处适用于 ESP32-S3，而不是 ${chip}。`,
      next: "请选择另一个串口、另一块开发板，或适用于此芯片的发布包。",
    },
    protected: {
      what: () => "这颗芯片只接受签名或加密的固件。",
      next: "这由 eFuse 永久决定。请用密钥持有者的工具烧录，或换一块开发板。没有写入任何内容。",
    },
    "flash-unknown": {
      what: () => "无法得知开发板的闪存大小。",
      next: "请拿掉接在引脚上的东西后重新连接。如果依然如此，说明开发板已损坏。",
    },
    "flash-small": {
      what: (size) => `开发板的闪存只有 ${size}，装不下此发布包。`,
      next: "请换一块闪存更大的开发板，或使用适合它的发布包。没有写入任何内容。",
    },
    "cable-pulled": {
      what: () => "连接中断了。",
      next: `线被拔掉，或开发板断电了。${again}如果反复出现，请换一根线，不要经过 USB 集线器。`,
    },
    "flash-corrupt": {
      what: () => "闪存中的内容与发送的不一致。",
      next: "请重新连接并再次烧录。如果反复出现，请换一根线；仍不行则说明闪存已磨损。",
    },
    "line-broken": {
      what: () => "开发板停止了响应。",
      next: `${again}请用短线，不要经过 USB 集线器；如果没有响应，请按住 BOOT 键再按 RESET 键。`,
    },
    held: {
      what: () => "开发板仍处于下载模式。",
      next: "它是按住 BOOT 键进入下载模式的，无法通过这根 USB 线退出：请按一下 RESET 键（不要按 BOOT），然后打开日志并点击“重启”：第一行输出说明它已运行。",
    },
    "release-missing": {
      what: (file) => `所选文件中没有 ${file}。`,
      next: "请一次选中发布包的所有文件。",
    },
    "release-unreadable": {
      what: (field) => `发布包的清单有误：${field}。`,
      next: "请向发布者索取另一个发布包。",
    },
    "release-layout": {
      what: (file) => `此发布包的闪存布局不同（${file}）。`,
      next: "它找不到开发板的设置。请使用此版本或更新的发布包。",
    },
    "part-missing": {
      what: (file) => `缺少发布包的文件 ${file}。`,
      next: "请一次选中发布包的所有文件。",
    },
    "part-corrupt": {
      what: (file) => `文件 ${file} 与清单不一致。`,
      next: "它在传输中损坏了，请重新下载发布包。没有写入任何内容。",
    },
    "part-absent": {
      what: (part) => `发布包缺少 ${part}。`,
      next: startless,
    },
    "part-misplaced": {
      what: (place) => `按发布包自己的分区表，此处不是任何分区的开头：${place}。`,
      next: startless,
    },
    "part-large": {
      what: (place) => `文件超出了它的位置：${place}。`,
      next: startless,
    },
    "table-damaged": {
      what: (file) => `分区表 ${file} 已损坏。`,
      next: startless,
    },
    "table-flash": {
      what: (table) => `分区表超出了引导程序和清单所知的闪存：${table}。`,
      next: startless,
    },
    "slots-chosen": {
      what: (file) => `启动分区的记录不是空白的：${file}。`,
      next: startless,
    },
    "image-magic": {
      what: (file) => `文件 ${file} 不是固件映像。`,
      next: startless,
    },
    "image-chip": {
      what: (file) => `映像 ${file} 是给另一种芯片的。`,
      next: startless,
    },
    "image-segments": {
      what: (file) => `映像 ${file} 不完整，或其分段有误。`,
      next: startless,
    },
    "image-checksum": {
      what: (file) => `映像 ${file} 的校验和不符。`,
      next: startless,
    },
    "image-hash": {
      what: (file) => `映像 ${file} 的哈希不符。`,
      next: startless,
    },
    "not-started": {
      what: () => "开发板还没有显示它已运行。",
      next: "请按一下 RESET 键（不要按 BOOT），打开日志并点击“重启”。如果没有本固件的输出，最后几行会说明停在哪里；完全没有输出时，请检查供电和 USB 线。固件也可能关闭了日志输出：请用手机查找开发板的 Wi-Fi 网络。",
    },
    "settings-damaged": {
      what: () => "开发板上的设置已损坏。",
      next: "无法在其中加入出厂信息。请勾选“清除开发板的设置”后重新烧录。",
    },
    "settings-full": {
      what: () => "开发板的设置区没有空间存放出厂信息。",
      next: "请勾选“清除开发板的设置”后重新烧录。",
    },
    "record-invalid": {
      what: (mistake) => mistake,
      next: "请修改出厂信息后重新烧录。没有写入任何内容。",
    },
    "record-file": {
      what: () => "此文件中没有这块开发板的出厂信息。",
      next: "请选择含有此开发板 MAC 的 records.jsonl，或只含一条记录的文件。",
    },
    "record-which": {
      what: (count) => `此文件中的记录没有 MAC 地址（共 ${count} 条）。`,
      next: "请在文件旁输入开发板标签上的序列号，页面会使用对应的记录。没有写入任何内容。",
    },
    "record-other-board": {
      what: (mac) => `此出厂信息属于开发板 ${mac}。`,
      next: "请选择所连开发板的出厂信息。没有写入任何内容。",
    },
  },
  mistakes: {
    "serial-invalid": "序列号为 1 到 64 个可打印的 ASCII 字符，不含空格。",
    "key-invalid": "HMAC 密钥为 32 个字节，即 64 个十六进制数字。",
    "mac-invalid": "MAC 地址无效：应为六组十六进制数字。",
    "password-invalid": "热点密码为 8 到 63 个可打印的 ASCII 字符。",
    "hardware-invalid": "硬件版本为 1 到 64 个可打印的 ASCII 字符，不含空格。",
    "product-invalid": "产品 ID 为 1 到 64 个可打印的 ASCII 字符，不含空格。",
    "formula-start": "序列号、硬件版本和产品 ID 不能以 = + - @ 开头：表格软件会把它们当作公式执行。",
    "version-invalid": "最低固件版本须为可比较的版本号，例如 1.2.0。",
    "url-invalid": "配网地址不是设备可用的 http:、https: 或 mqtts: 地址。",
    "lock-without-url": "要锁定地址，必须先填写地址。",
    "token-invalid": "设备令牌为 1 到 256 个可打印的 ASCII 字符，不含空格。",
    "device-certificate-invalid": "设备证书与其私钥必须成对，格式为 DER 的 X.509 和 PKCS#8。",
    "claim-certificate-invalid": "声明证书与其私钥必须成对，格式为 DER 的 X.509 和 PKCS#8。",
  },
};

function describe({ name, doneBytes, totalBytes, bytesPerSecond, secondsLeft }: Progress): string {
  const parts = [`${name}：${kilobytes(doneBytes)} / ${kilobytes(totalBytes)}`, `${kilobytes(bytesPerSecond)}/秒`];
  if (secondsLeft !== undefined) parts.push(`剩余 ${secondsLeft} 秒`);
  return parts.join(" · ");
}
