/** The files of one model directory, wherever they lie. Names are relative, with `/` between folders. */
export interface ModelSource {
  /** For messages and logs, e.g. the directory. */
  readonly name: string;
  list(): Promise<readonly SourceFile[]>;
  /** Size of one file, or nothing when it is absent. */
  stat(file: string): Promise<SourceFile | undefined>;
  read(file: string): Promise<Uint8Array>;
}

export interface SourceFile {
  readonly name: string;
  readonly bytes: number;
}
