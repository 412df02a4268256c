/** A look at every slot of the heap, in the simulator alone: what it writes, heap.ts reads on the host. */
declare const native: (name: string) => (folder: string) => void;

/** Writes `census.txt` into the folder when there is a file `census` in it, which goes. */
export function censusWhenWanted(folder: string): void {
  native("xs_census_dump")(folder);
}
