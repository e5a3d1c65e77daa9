/** The files of one model directory, wherever they lie. Names are plain: the directory is flat. */
export interface ModelSource {
  /** For messages and logs, e.g. the directory. */
  readonly name: string;
  list(): Promise<readonly SourceFile[]>;
  /** Size of one file, or nothing when it is absent. */
  stat(file: string): Promise<SourceFile | undefined>;
  /** The whole file, or exactly the bytes of `range`; fails when the file ends before them. */
  read(file: string, range?: ByteRange): Promise<Uint8Array>;
}

export interface SourceFile {
  readonly name: string;
  readonly bytes: number;
}

export interface ByteRange {
  readonly start: number;
  readonly bytes: number;
}

/** Files on this machine, which can also be read in the middle of a computation. */
export interface LocalSource extends ModelSource {
  /** Exactly the bytes of `range`, at once. */
  readNow(file: string, range: ByteRange): Uint8Array;
  /** Changes when a file of the model's weights or its config.json is replaced or written to. */
  stamp(): Promise<string>;
}
