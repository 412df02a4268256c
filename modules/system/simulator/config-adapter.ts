/**
 * As `../config-adapter`, and over it what whoever starts the simulator has written beside the board's flash: boards of
 * one build run side by side, on ports of their own.
 */
import { File } from "file";
import config from "mc/config";

export function readConfig(): object {
  const path = `${config.file.root}esp32-online.config`;
  if (!File.exists(path)) return config;
  const file = new File(path);
  try {
    return { ...config, ...(JSON.parse(file.read(String)) as object) };
  } finally {
    file.close();
  }
}
